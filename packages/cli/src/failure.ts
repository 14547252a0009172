/** An error that the user can fix. Printed in one or two lines, without a stack. */
export class Failure extends Error {
  /** 2: the command or a setting is invalid. 1: the command was valid but failed. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
