/** What an error says that comes of there being no kernel, and of nothing in the graph: sessions know it without the engine. */
export const NO_KERNEL = "no kernel is attached";
