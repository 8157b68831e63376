import {
  type Decision,
  type Narrowing,
  type Request,
  Requests,
  type Stage,
  type Step,
} from '../../functions/domain/cards/wire/request.ts'
import { type Context, type IdTyped, nextCommand, show as print } from '../context.ts'
import { replaceFile } from '../new-file.ts'
import { type Exit, exits } from '../outcome.ts'
import { readPages } from '../pages.ts'
import { type Around, fact, table, time, timeAndSpan } from '../screen.ts'
import { readPeriod } from '../span.ts'
import { anchoredWords } from './anchored.ts'
import { changeWords, previewWords } from './preview.ts'
import { pathOf, read } from './read.ts'
import { registryWords } from './registry.ts'
import { revisionWords, toAgentWords } from './revision.ts'
import { evidenceWords, questionWords, saidWords } from './said.ts'
import { argumentWords, hostWords, lessOf, lessSteps, lessThan, noted, stepWords } from './steps.ts'
import { readTimeline, timelineLines } from './timeline.ts'

export type ListTyped = {
  waiting: boolean
  status?: string
  agent?: string
  owner?: string
  task?: string
  resource?: string
  action?: string
  since?: string
  until?: string
  search?: string
  limit: number
}

export async function list({ waiting, since, until, limit, ...typed }: ListTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const { status, agent, owner, task, resource, action, search } = typed
  const period = readPeriod({ since, until }, surroundings)
  const by = { status, agent, owner, task, resource, action, search }
  const query = { ...by, ...period, ...(waiting ? { waiting: 'true' } : {}) }
  const found = await readPages(api, { path: '/v1/requests', query }, Requests, (page) => page.requests, { limit })
  const { items: requests, more } = found
  if (more) surroundings.err(`there may be more than these ${requests.length}: filter them, or raise --limit\n`)
  const rows = requests.map((each) => rowOf(each, surroundings))
  const words = () =>
    rows.length === 0
      ? [waiting ? 'nothing waits for you' : 'none']
      : table(
          ['ID', 'KIND', 'ASKED', 'AGENT', 'WHAT', 'TIER', 'STATUS', 'WAITS FOR, DECIDED BY'],
          rows,
          surroundings.columns,
        )
  return print(context, { requests, more }, words)
}

const rowOf = (request: Request, surroundings: Around): string[] => [
  request.id,
  request.kind,
  time(request.submitted_at, surroundings),
  request.agent,
  request.steps
    ? `${request.steps.length} ${request.steps.length === 1 ? 'step' : 'steps'} for ${request.resource.id}`
    : `${request.action} ${shortOf(request.resource.id)}`,
  String(request.tier),
  wordFor(request),
  whoOf(request, surroundings),
]

/** Prints `failed` for a failed task, instead of `completed`. */
const wordFor = ({ status, ended, outcome }: Request): string =>
  ended?.outcome === 'failed' ? 'failed' : (outcome ?? status)

/** An ARN without its account and Region; `show` prints all of it. */
const shortOf = (id: string): string => /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.+)$/.exec(id)?.[1] ?? id

function whoOf({ stage, stages, standing, ended }: Request, surroundings: Around): string {
  const open = stages.find(({ name }) => name === stage)
  if (open) return `${open.name} ${countOf(open)}${open.deadline ? `, until ${time(open.deadline, surroundings)}` : ''}`
  if (ended && ended.by !== 'system') return ended.by
  const people = new Set(stages.flatMap(({ decisions }) => decisions.map(({ person }) => person)))
  if (people.size > 0) return [...people].join(', ')
  return standing ?? (stages.length === 0 ? 'policy' : 'Hotwork')
}

const approvalsOf = ({ decisions }: Stage): number => decisions.filter(({ verdict }) => verdict === 'approve').length
const countOf = (stage: Stage): string => `${approvalsOf(stage)} of ${stage.quorum}`

export async function show({ id, picture }: ShowTyped, context: Context): Promise<Exit> {
  const { api, surroundings } = context
  const request = await read(id, context)
  const record = await readTimeline(request.id, context)
  const anchored = context.json ? undefined : await anchoredWords(request.id, context)
  const page = `${api.url}/decide/${request.id}`
  if (picture !== undefined) await savePicture(request.id, picture, context)
  const words = () => [
    ...describe(request, surroundings),
    ...evidenceWords(request),
    '',
    'TIMELINE',
    ...timelineLines(record, surroundings),
    '',
    ...fact('anchor', anchored),
    ...fact('page', page),
    ...fact('picture', picture),
    ...fact('next', ...nextOf(request, context)),
  ]
  return print(context, { ...request, page, ledger: record.entries, personal: record.personal }, words, exits.done)
}

type ShowTyped = IdTyped & { picture?: string }

/** @throws Refusal if the file cannot be written */
async function savePicture(id: string, picture: string, { api, surroundings }: Context): Promise<void> {
  const { text } = await api.text({ method: 'GET', path: `${pathOf(id)}/timeline.svg` })
  replaceFile(picture, surroundings.folder, text)
}

/** The next commands, ready to type; `TEXT` stands for a reason, `NAME` for the name of the resource. */
function nextOf(request: Request, { settings }: Context): string[] {
  const { id, status, narrowable } = request
  const next = (words: string, behind = '') => nextCommand(words, settings, behind)
  if (status === 'approved') return [next(`revoke ${id} --reason TEXT`)]
  if (status !== 'pending') return []
  const name = request.type_this === undefined ? '' : ' --typed NAME'
  const less = request.steps ? lessOf(request) : narrowable.map((each) => lessThan(each))
  return [
    next(`approve ${id}${name}`),
    next(`deny ${id} --reason TEXT`),
    ...(request.registry ? [] : [next(`revise ${id} --to-agent TEXT`), next(`question ${id} TEXT`)]),
    ...less.map(({ option, range }) => next(`narrow ${id} ${option}${name}`, `  # ${range}`)),
  ]
}

/** All facts of a card. */
export function describe(request: Request, surroundings: Around): string[] {
  const { title, action, resource, environment, classification, tier, tier_name, policies } = request
  const { agent, autonomy, owner, asked_by: asker, chain, unpinned, undo, narrowings, changes, digest, round } = request
  return [
    ...headOf(request, surroundings),
    ...fact(
      'what',
      title,
      ...(request.steps
        ? []
        : [`${action} on ${resource.type} ${noted(request.shown?.resource ?? { text: resource.id })}`]),
      `${environment}, ${classification} data, tier ${tier}${tier_name === undefined ? '' : ` (${tier_name})`}${undo === undefined ? '' : `, ${undo.possible ? 'can' : 'CANNOT'} be undone`}`,
    ),
    ...(request.steps
      ? stepWords(request, surroundings)
      : request.registry
        ? registryWords(request, surroundings)
        : [
            ...fact('changes', ...previewWords(request, surroundings)),
            ...fact('tool', request.shown?.mcp && noted(request.shown.mcp)),
            ...fact('with', ...argumentWords(request, request.shown)),
            ...fact('runs as', request.runs_as),
            ...fact('left open', ...(unpinned.length > 0 ? unpinned : ['nothing: its credential can do exactly this'])),
            ...fact('undo', undo && `${undo.possible ? '' : 'CANNOT BE UNDONE: '}${undo.how}`),
            ...fact('terms', termsOf(request)),
          ]),
    ...fact(
      'extends',
      request.extends && `${request.extends}, approved by ${request.approved_before.join(', ') || 'policy alone'}`,
    ),
    ...revisionWords(request, surroundings),
    ...fact('starts', request.not_before && timeAndSpan(request.not_before, surroundings)),
    ...fact('resource changed', ...changes.map((each) => changeWords(each, surroundings))),
    ...fact('narrowed', ...narrowings.map((each) => narrowedWords(each, request.steps !== undefined, surroundings))),
    ...fact('digest', `${digest}${round === 1 ? '' : `, asked ${round} times`}`),
    ...fact(
      'who',
      request.registry
        ? agent
        : `${agent}${autonomy === undefined ? '' : `, ${autonomy}`}, for ${owner}${asker === undefined ? '' : `, asked by ${asker}`}`,
      ...(request.registry ? [] : hostWords(request, surroundings)),
      ...chain.map((each) => `delegated by ${each.agent}, for ${each.owner}`),
    ),
    ...fact('asked', timeAndSpan(request.submitted_at, surroundings)),
    ...fact('policy', policies.length > 0 && policies.join(', ')),
    ...fact('decide', ...stagesOf(request, surroundings)),
    ...fact('standing', request.standing),
    ...fact(
      'colleagues',
      ...(request.colleagues ?? []).map(
        ({ by, to, stage, at }) => `${by} asked ${to} to look as ${stage} at ${time(at, surroundings)}`,
      ),
    ),
    '',
    ...(request.registry
      ? ['THE WORDS OF THE PERSON WHO ASKS, unverified', ...fact('why', request.justification)]
      : ["THE AGENT'S OWN WORDS, unverified", ...saidWords(request)]),
    ...questionWords(request, surroundings),
  ]
}

/** The state: the first lines of a description. */
export const headOf = (request: Request, surroundings: Around): string[] => [
  `${stateOf(request)}  ${request.id}`,
  ...fact(
    'now',
    nowOf(request, surroundings),
    ...runOf(request, surroundings),
    request.ended?.reason,
    noteOf(request),
    codeOf(request),
  ),
]

export function stateOf({ status, stage, stages, grant, run, ended, steps, outcome, registry }: Request): string {
  const open = stages.find(({ name }) => name === stage)
  if (status === 'pending' && registry?.accepts !== undefined && registry.accepted_at === undefined)
    return `WAITING for ${registry.accepts} to accept it`
  if (status === 'approved' && registry) return 'APPROVED, not written yet'
  if (open) return `WAITING for ${open.name}: ${countOf(open)} approved${later(open, stages)}`
  if (status === 'approved' && steps) return `IN PROGRESS, ${doneOf(steps)}`
  if (status === 'approved' && run?.status === 'running') return 'ITS RUN GOES ON'
  if (status === 'approved')
    return grant?.claimed_at === undefined ? 'APPROVED, credential not collected yet' : 'IN USE'
  if (outcome === 'revise') return 'SENT BACK to be revised'
  return ended?.outcome === undefined ? status.toUpperCase() : `${status.toUpperCase()}, ${ended.outcome}`
}

const later = (open: Stage, stages: readonly Stage[]): string =>
  stages
    .slice(stages.indexOf(open) + 1)
    .map(({ name }) => `, then ${name}`)
    .join('')

function doneOf(steps: readonly Step[]): string {
  const taken = steps.filter(({ status }) => status !== 'struck')
  return `${taken.filter(({ status }) => status === 'succeeded').length} of ${taken.length} steps done`
}

function nowOf(request: Request, surroundings: Around) {
  const { status, ended, grant, terms, decide_by, stage, stages, steps } = request
  const deadline = stages.find(({ name }) => name === stage)?.deadline ?? decide_by
  if (status === 'pending') return deadline && `to be decided by ${timeAndSpan(deadline, surroundings)}`
  if (status === 'approved' && request.registry) return 'Hotwork writes it into the registry'
  if (status === 'approved' && grant && steps) return `it ends at ${timeAndSpan(grant.not_after, surroundings)}`
  if (status === 'approved' && request.run) return undefined
  if (status === 'approved' && grant) {
    const until =
      grant.claimed_at === undefined ? 'the agent can collect the credential until' : 'its credential is valid until'
    const end = grant.claimed_at === undefined ? grant.claim_by : grant.not_after
    return `${until} ${timeAndSpan(end, surroundings)}; ${grant.uses_left} of ${terms.uses} uses left`
  }
  if (!ended) return undefined
  const by = ended.by === 'system' ? 'Hotwork' : ended.by
  return `by ${by}${ended.for === undefined ? '' : ` for ${ended.for}`} at ${time(ended.at, surroundings)}`
}

/** The run, with the words of its target, and whether a revocation stops it. */
function runOf({ run, status }: Request, surroundings: Around): string[] {
  if (!run) return []
  const at = run.until ?? run.since
  const said = `its run: ${run.status} ${run.until === undefined ? 'since' : 'at'} ${timeAndSpan(at, surroundings)}`
  const stop = status === 'revoked' && run.status === 'running' && !run.can_stop ? '; it cannot be stopped' : ''
  return [`${said}${run.note === undefined ? '' : `: ${run.note}`}${stop}`]
}

const noteOf = ({ ended }: Request) => (ended?.note === undefined ? undefined : `the agent's note: ${ended.note}`)
const codeOf = ({ registry }: Request) => registry?.code && `nothing was changed: ${registry.code}`

function termsOf({ terms: { uses, claim_within, lifetime } }: Request): string {
  const use = uses === 1 ? 'one use' : `${uses} uses`
  return `the agent collects the credential within ${minutes(claim_within)} min; then it is valid for ${minutes(lifetime)} min and ${use}`
}

const minutes = (seconds: unknown): number => Math.round((Number(seconds) / 60) * 10) / 10

function narrowedWords(
  { by, at, arguments: args, uses, lifetime }: Narrowing,
  isPlan: boolean,
  surroundings: Around,
): string {
  const changes = [
    ...(isPlan && args['steps']
      ? lessSteps(args['steps'].from, args['steps'].to)
      : Object.entries(args).map(([name, { from, to }]) => `${name} ${JSON.stringify(from)} to ${JSON.stringify(to)}`)),
    ...(uses ? [`uses ${uses.from} to ${uses.to}`] : []),
    ...(lifetime ? [`minutes ${minutes(lifetime.from)} to ${minutes(lifetime.to)}`] : []),
  ]
  return `by ${by} at ${time(at, surroundings)}: ${changes.join(', ')}`
}

export const stagesOf = (request: Request, surroundings: Around): string[] =>
  request.stages.flatMap((stage) => stageWords(stage, request, surroundings))

function stageWords(stage: Stage, request: Request, surroundings: Around): string[] {
  const { stage: open, status } = request
  const { name, login, needs_comment, deadline, escalate_to, escalated_at } = stage
  const isOpen = name === open
  const strength = [
    ...(login?.acr === undefined ? [] : [`of strength ${login.acr}`]),
    ...(login?.max_age === undefined ? [] : [`at most ${login.max_age} s old`]),
  ]
  const needs = [
    ...(strength.length === 0 ? [] : [`a login ${strength.join(' and ')}`]),
    ...(needs_comment ? ['a comment'] : []),
    ...(request.type_this === undefined ? [] : [`the name typed: ${request.type_this}`]),
  ]
  const turn = isOpen
    ? `, open now${deadline ? ` until ${time(deadline, surroundings)}` : ''}`
    : status === 'pending' && approvalsOf(stage) < stage.quorum
      ? ', not open yet'
      : ''
  const escalation = escalate_to === undefined ? '' : escalated_at ? `, and ${escalate_to}` : `, then ${escalate_to}`
  return [
    `${name}${escalation}: ${countOf(stage)} approved${turn}${needs.length > 0 ? `; it takes ${needs.join(' and ')}` : ''}`,
    ...stage.decisions.flatMap((each) => [
      `  ${decisionWords(each, surroundings)}`,
      ...toAgentWords(each, request).map((line) => `    ${line}`),
    ]),
  ]
}

const decisionWords = ({ person, for: absent, verdict, at, comment }: Decision, surroundings: Around): string =>
  `${person}${absent === undefined ? '' : ` for ${absent}`} ${verdicts[verdict] ?? verdict} at ${time(at, surroundings)}${comment?.trim() ? `: ${comment.trim()}` : ''}`

const verdicts: { readonly [verdict: string]: string } = {
  approve: 'approved',
  deny: 'denied',
  revise: 'sent it back',
}
