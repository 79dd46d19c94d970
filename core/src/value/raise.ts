/** A Python exception, thrown where Python would raise it. */
export class PyRaise extends Error {
  constructor(
    /** `__name__` of the class, for example `ValueError`. */
    readonly className: string,
    /** `str()` of the exception. */
    message: string,
    /** `__cause__`. */
    override readonly cause?: { readonly class: string; readonly message: string },
  ) {
    super(message);
    this.name = className;
  }
}
