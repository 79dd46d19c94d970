/** The deploy panel: an entry of its own, loaded when somebody opens it. */
export { type DeployLink, mountDeploy } from "./deployView";
