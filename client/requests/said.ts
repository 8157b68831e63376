// Rules: test/client/requests/show.test.ts
import type { Request } from '../../functions/domain/cards/wire/request.ts'
import { type Around, fact, time } from '../screen.ts'
import { noted } from './steps.ts'

/** The agent's own words: Hotwork has not verified them. */
export function saidWords(request: Request): string[] {
  const { shown, parent_task: task, purpose, justification, evidence = [], task_source: source } = request
  const { id, url } = task
  const rows = shown?.said ?? [
    { name: 'Task', text: `${id}${url ? ` ${url}` : ''}` },
    { name: 'Purpose', text: purpose },
    ...evidence.map(({ title, url = '' }) => ({ name: 'Evidence', text: `${title} ${url}`.trimEnd() })),
  ]
  const why = (shown?.justification ?? justification)?.trim()
  return [
    ...rows.flatMap((row) => fact((row.name ?? '').toLowerCase(), noted(row))),
    ...fact('task by', typeof source === 'string' && (sources[source] ?? source)),
    ...fact('why', why || undefined),
  ]
}

/** The texts of the evidence, whole. The sign before each line sets them apart from Hotwork's words. */
export const evidenceWords = ({ evidence = [] }: Request): string[] =>
  evidence.flatMap(({ title, text, media_type = 'text/plain' }) =>
    text === undefined
      ? []
      : [
          '',
          `EVIDENCE, unverified (${media_type}): "${title}"`,
          ...text.split(/\r\n|[\n\r]/).map((line) => `  | ${line.replaceAll('\t', '    ')}`),
        ],
  )

/** The sources of a task. Each is a claim of the holder of the agent's token. */
const sources: { readonly [source: string]: string } = {
  agent: "the agent's program",
  map: 'the map of its tools',
  header: 'the header of its session',
  session: 'its host',
  meta: 'its host, for this call',
  argument: 'the model',
}

/** The questions of people, with the agent's answers. */
export const questionWords = ({ questions = [] }: Request, surroundings: Around): string[] =>
  questions.flatMap(({ by, for: absent, at, text, answer }) => {
    const who = `${by}${absent === undefined ? '' : ` for ${absent}`}`
    const stood = answer?.decisions_before ? `, after ${answer.decisions_before} approved` : ''
    const said = answer
      ? `answered at ${time(answer.at, surroundings)}${stood}: ${answer.text.trim()}`
      : 'not answered yet'
    return fact('question', `${who} asked at ${time(at, surroundings)}: ${text.trim()}`, said)
  })
