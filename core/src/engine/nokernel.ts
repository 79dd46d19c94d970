/** What an error says that comes of there being no kernel, and of nothing in the graph. */
export const NO_KERNEL = "no kernel is attached";
