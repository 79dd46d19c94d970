/** Environment variable of a native function that holds its serving spec as JSON. */
export const NATIVE_SPEC = "GRAPHCELL_SERVING_SPEC";
