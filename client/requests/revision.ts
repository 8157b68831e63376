// Rules: test/client/requests/show.test.ts
import type { Decision, Request } from '../../functions/domain/cards/wire/request.ts'
import { type Around, fact, time } from '../screen.ts'

/** The difference from the request that it revises, and the words that people wrote to this agent before. */
export function revisionWords(request: Request, surroundings: Around): string[] {
  const { revises, revision, suggested_by: by = [], barred = [], told = [] } = request
  const number = revision === undefined ? '' : `, revision ${revision.number}`
  const suggested = revision?.suggested ? ', exactly as suggested' : ''
  const changes = Object.entries(revision?.changes ?? {}).map(([name, { from, to }]) => changeWords(name, from, to))
  const because = request.registry ? 'they ask, or answer for the agent' : 'they told the agent to ask for this'
  return [
    ...fact('revises', revises && `${revises}${number}${suggested}`, ...(revises ? changes : [])),
    ...fact('suggested by', by.length > 0 && by.join(', ')),
    ...fact('may not decide', barred.length > 0 && `${barred.join(', ')}: ${because}`),
    ...fact(
      'told before',
      ...told.map((each) => `by ${each.by} at ${time(each.at, surroundings)} on ${each.request}: ${each.text.trim()}`),
    ),
  ]
}

const changeWords = (name: string, from: unknown, to: unknown): string => `${name} ${said(from)} to ${said(to)}`

const said = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value))

/** A decision's words to the agent, and the suggested arguments that differ. */
export function toAgentWords({ to_agent: text, suggest }: Decision, { arguments: args, steps }: Request): string[] {
  const suggested = suggest && (steps ? JSON.stringify(suggest.arguments) : differenceOf(args, suggest.arguments))
  return [
    ...(text?.trim() ? [`to the agent: ${text.trim()}`] : []),
    ...(suggested === undefined ? [] : [`suggests: ${suggested || 'the same arguments'}`]),
  ]
}

type Arguments = { readonly [name: string]: unknown }

function differenceOf(from: Arguments, to: Arguments): string {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  const changed = names.filter((name) => said(from[name]) !== said(to[name]))
  return changed.map((name) => changeWords(name, from[name], to[name])).join(', ')
}
