/** Something the person at the keyboard can mend: said in a line or two, without a stack. */
export class Failure extends Error {
  /** 2: the command or a setting was wrong. 1: it was right, and failed. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
