/** What takes the types out of TypeScript, and makes CommonJS of modules: a part that is loaded when a file needs it. */
export { transform } from "sucrase";
