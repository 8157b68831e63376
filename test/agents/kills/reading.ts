import type { Answer } from './host.ts'

/** A final answer, which a host need not ask for again. `text`: the text of a result. */
export type Final = { state: string; text?: string }

/** Nothing was done, and the same call may be made again. */
const passing = ['no_answer', 'gate_silent', 'server_gone', 'no_connection']

/** The meaning of a gate's answer; 'not yet': the host has to repeat the call. */
export function finalOf({ result, error }: Answer): Final | 'not yet' {
  if (error) return { state: 'error', text: error.message }
  const { state = 'unmarked', reason = '' } = Object(result?._meta?.['hotwork/permit']) as { [name: string]: string }
  const isPassing = state === 'refused' && passing.includes(reason)
  if (isPassing || ['pending', 'running', 'approved'].includes(state)) return 'not yet'
  const text = result?.content?.[0]?.text ?? ''
  return state === 'done' || state === 'refused' ? { state, text } : { state }
}
