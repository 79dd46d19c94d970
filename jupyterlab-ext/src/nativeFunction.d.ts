/** The engine as a nodejs function, which the build makes: a text. */
declare module "@graphcell/core/native-function" {
  const code: string;
  export default code;
}
