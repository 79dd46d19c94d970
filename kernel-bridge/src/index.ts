export * from "./port";
export * from "./agent";
