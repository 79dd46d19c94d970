import { LabIcon } from "@jupyterlab/ui-components";

/** Two steps feeding a third: drawn with the host's icon classes, so that it follows the theme. */
export const graphIcon = new LabIcon({
  name: "graphcell:graph",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="2" y="3" width="8" height="5" rx="1.5"/>
    <rect x="2" y="16" width="8" height="5" rx="1.5"/>
    <rect x="14" y="9.5" width="8" height="5" rx="1.5"/>
  </g>
  <g fill="none">
    <path class="jp-icon3" stroke="#616161" stroke-width="1.4" d="M10 5.5h1.2c1.6 0 1.3 6.5 2.8 6.5M10 18.5h1.2c1.6 0 1.3-6.5 2.8-6.5"/>
  </g>
</svg>`,
});

/** An event on its way through a step. */
export const simulateIcon = new LabIcon({
  name: "graphcell:simulate",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="13" y="8" width="9" height="8" rx="2"/>
    <path d="M3.2 5.6v12.8c0 .6.7 1 1.2.6l8-6.4a.8.8 0 0 0 0-1.2l-8-6.4c-.5-.4-1.2 0-1.2.6z"/>
  </g>
</svg>`,
});

/** A step on its way up into a cluster. */
export const deployIcon = new LabIcon({
  name: "graphcell:deploy",
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="4" y="17" width="16" height="4" rx="1.5"/>
    <path d="M12 3l6 6.5h-3.6V15H9.6V9.5H6z"/>
  </g>
</svg>`,
});
