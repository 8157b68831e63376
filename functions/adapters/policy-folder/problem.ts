/** Something in a policy folder that must be put right: where, what, and how. */
export type Problem = { file: string; line: number; message: string; fix: string }

/** `policies/ladder.json:12: message` and the fix beneath, as compilers print it. */
export const formatProblem = ({ file, line, message, fix }: Problem): string =>
  `${file}:${line}: ${message}\n    ${fix}`

/** The line, from 1, of an offset in UTF-16 units. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length
