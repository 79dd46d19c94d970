/** VS Code's name for Jupyter notebooks. */
export const NOTEBOOK_TYPE = "jupyter-notebook";
