// Rules: test/domain/cards/timeline.test.ts
import { isSession, isTargetId, kinds, wordsOfIssued } from '../../targets/kinds.ts'
import type { Actor } from '../event.ts'
import { inert } from '../inert.ts'
import { isCommitment } from '../ledger/texts.ts'
import type { Observed } from '../policy/observed.ts'
import type { Event, EventType } from '../record/events.ts'
import { originOf } from '../record/origin.ts'
import type { Preview } from '../record/preview.ts'
import type { Ask, Outcome } from '../record/request.ts'
import { type Refusal, sentencesOf } from '../refusals.ts'
import type { NumericDate } from '../values.ts'
import { changedValues, differencesOf, differenceText, kindOfChange, whyNotRead } from './preview-words.ts'
import { entryPreview } from './registry-view.ts'
import type { RequestView, ViewFacts } from './request-view.ts'
import { verdictWords } from './request-words.ts'
import type { Sentence } from './sentence.ts'
import type { Group, Lane, Mark, TimelineItem } from './timeline.ts'
import { nameIn } from './who.ts'

type Told = { lane: Lane; mark: Mark; said: Sentence; more?: readonly Sentence[]; why?: Sentence; alike?: Sentence }
type Of<T extends EventType> = Extract<Event, { type: T }>
/** `preview`: the last preview before the event. */
type Around = { facts: ViewFacts; preview: Preview | undefined; isPlan: boolean; registry?: RequestView['registry'] }
type About = Around & { who: string; then: readonly Event[] }
/** Events told elsewhere: with the start of the use, or for openings on their own page. */
type Untold =
  | 'UseEnded'
  | 'RunStarted'
  | 'UseReturned'
  | 'BreakGlassOpened'
  | 'ReviewDue'
  | 'ReviewOverdue'
  | 'Reviewed'
type Words = { readonly [T in Exclude<EventType, Untold>]: (event: Of<T>, about: About) => Told | readonly Told[] }

/** The items of a group of entries. An event of unknown type is shown by its name. */
export function itemsOf({ refs, events, at, type }: Group, around: Around): readonly TimelineItem[] {
  const [event, ...then] = events
  const unknown: Told = { lane: 'hotwork', mark: 'noted', said: [type] }
  const told = event ? (tell(event, { ...around, who: whoActs(event.actor, around.facts), then }) ?? unknown) : unknown
  const observed = events.flatMap((each) => ('observed' in each && each.observed ? [observedWords(each.observed)] : []))
  return [told].flat().map(({ more = [], ...rest }, index) => ({
    ...{ at, more: index === 0 ? [...more, ...observed] : more },
    ...{ entries: refs, ...rest },
  }))
}

/** A person's or agent's text, or only its commitment. */
const written = (text: string | undefined): Pick<Told, 'why'> => (text === undefined ? {} : { why: textOf(text) })

/** A comment for people, and words to the agent. */
function writtenIn(comment: string | undefined, toAgent: string | undefined): Pick<Told, 'why'> {
  if (toAgent === undefined) return written(comment)
  const first = comment === undefined ? [] : [...textOf(comment), '. ']
  return { why: [...first, 'To the agent: ', ...textOf(toAgent)] }
}

const textOf = (text: string): Sentence => (isCommitment(text) ? ['its text was erased'] : [{ said: text }])

function observedWords({ outcome, tier, policies }: Observed): Sentence {
  const by = policies.join(', ')
  if (outcome === 'error') return [`observed, and could not be evaluated: ${by}`]
  const wouldBe = outcome === 'refused' ? 'refused' : tier === undefined ? 'permitted' : `permitted at tier ${tier}`
  return [`would have been ${wouldBe}, if what is observed counted: ${by}`]
}

const tell = (event: Event, about: About): Told | readonly Told[] | undefined =>
  isTold(event) ? toldOf(event.type, event, about) : undefined

const isTold = (event: Event): event is Of<keyof Words> => Object.hasOwn(words, event.type)
const toldOf = <T extends keyof Words>(type: T, event: Of<T>, about: About) => words[type](event, about)

const whoActs = ({ type, id }: Actor, facts: ViewFacts): string =>
  type === 'system' ? 'Hotwork' : type === 'person' ? nameIn(facts, id) : id

const laneOf = ({ type }: Actor): Lane =>
  (({ person: 'people', agent: 'agent', tool: 'target', system: 'hotwork', transmitter: 'hotwork' }) as const)[type]

const named = (facts: ViewFacts, id: string): string => (id === 'system' ? 'Hotwork' : nameIn(facts, id))

const hotwork = (mark: Mark, ...said: Sentence): Told => ({ lane: 'hotwork', mark, said })

const words: Words = {
  Submitted: ({ ask, tier, actor, preview, at }, { who }) => [
    {
      lane: laneOf(actor),
      mark: 'asked',
      said: [{ bold: who }, ' asked, ', { bold: `tier ${tier}` }],
      more: aboutAsk(ask, at),
      ...written(ask.justification),
    },
    ...(preview ? [readingOf(preview)] : []),
  ],
  StageOpened: ({ stage, deadline, channels }) =>
    hotwork(
      'opened',
      { bold: stage },
      ' may decide until ',
      { time: deadline },
      ...(channels ? [`, in ${channels.join(', ')}`] : []),
    ),
  Decided: ({ verdict, stage, for: absent, through, round, comment, toAgent }, { who, facts }) => ({
    lane: 'people',
    mark: verdict === 'approve' ? 'approved' : 'denied',
    said: [
      { bold: who },
      absent === undefined ? '' : ` for ${named(facts, absent)}`,
      ` ${verdictWords[verdict]} as ${stage}`,
    ],
    more: [[`round ${round}, ${doors[through]}`]],
    ...writtenIn(comment, toAgent),
  }),
  Narrowed: ({ round, tier }, { who }) => ({
    lane: 'people',
    mark: 'changed',
    said: [{ bold: who }, ' approved less than was asked'],
    more: [[`round ${round} begins, tier ${tier}`]],
  }),
  StateChanged: ({ round, tier, preview: to }, { preview: from }) => ({
    ...hotwork('changed', { bold: 'The resource changed' }, `: round ${round} begins, tier ${tier}`),
    more: [changedValues(from, to), ['approvals of the round before do not count']],
  }),
  Commented: ({ stage, comment }, { who }) => ({
    lane: 'people',
    mark: 'noted',
    said: [{ bold: who }, ` commented as ${stage}`],
    ...written(comment),
  }),
  Asked: ({ stage, for: absent, text }, { who, facts }) => ({
    lane: 'people',
    mark: 'asked',
    said: [{ bold: who }, absent === undefined ? '' : ` for ${named(facts, absent)}`, ` asked the agent, as ${stage}`],
    ...written(text),
  }),
  Answered: ({ text }, { who }) => ({
    lane: 'agent',
    mark: 'noted',
    said: [{ bold: who }, ' answered'],
    ...written(text),
  }),
  ColleagueAsked: ({ stage, to }, { who, facts }) => ({
    lane: 'people',
    mark: 'asked',
    said: [{ bold: who }, ' asked ', { bold: named(facts, to) }, ` to decide as ${stage}`],
  }),
  ApprovalDropped: ({ person, stage }, { facts }) =>
    hotwork('changed', 'The approval of ', { bold: named(facts, person) }, ` as ${stage} no longer counts`),
  StageEscalated: ({ stage, to, deadline }) =>
    hotwork('opened', `${stage} was silent: `, { bold: to }, ' may decide too, until ', { time: deadline }),
  Approved: ({ claimBy }) =>
    hotwork('approved', { bold: 'Approved' }, ', the credential to be collected by ', { time: claimBy }),
  TransferAccepted: (_, { who }) => ({
    lane: 'people',
    mark: 'noted',
    said: [{ bold: who }, ' accepted the agent'],
  }),
  Denied: ({ by, reason, outcome }, { facts }) => ({
    ...hotwork('denied', { bold: outcome === 'revise' ? 'Sent back' : 'Denied' }, ` by ${named(facts, by)}`),
    ...written(reason),
  }),
  Withdrawn: (_, { who }) => ({ lane: 'agent', mark: 'ended', said: [{ bold: who }, ' withdrew it'] }),
  KeyBound: (_, { who }) => ({ lane: 'agent', mark: 'noted', said: [{ bold: who }, ' bound it to its key'] }),
  Delegated: ({ to, child, uses }, { who }) => ({
    lane: 'agent',
    mark: 'asked',
    said: [{ bold: who }, ` delegated ${uses} ${uses === 1 ? 'use' : 'uses'} to ${to}`],
    more: [['as ', { value: child }]],
  }),
  CredentialIntended: (intended, { then }) => credential(intended, then),
  CredentialIssued: (issued) => credential(issued, [issued]),
  CredentialRevoked: (_, { who }) => ({
    lane: 'agent',
    mark: 'ended',
    said: [{ bold: who }, ' gave a credential back'],
  }),
  UseBegun: (begun, { then }) => use(begun, then),
  RunEnded: ({ status, note }) => ({
    ...hotwork(status === 'succeeded' ? 'ended' : 'denied', { bold: 'The run ended' }, `: ${status}`),
    more: note === undefined ? [] : [[{ value: inert(note) }]],
  }),
  Completed: ({ outcome, note, actor, code }, { who, registry, isPlan }) => {
    if (registry) return changeMade(outcome, code)
    const isOver = isPlan ? 'The plan is over' : 'The task is over'
    const what = actor.type === 'system' ? isOver : `${who} reported the end`
    return { lane: laneOf(actor), mark: 'ended', said: [{ bold: what }, ': ', { bold: outcome }], ...written(note) }
  },
  Revoked: ({ by, reason, actor }, { facts }) => ({
    lane: laneOf(actor),
    mark: 'denied',
    said: [{ bold: 'Revoked' }, ` by ${named(facts, by)}`],
    ...written(reason),
  }),
  Expired: () => hotwork('ended', { bold: 'Expired' }),
  StepOpened: ({ step, child }) => ({
    ...hotwork('opened', { bold: `Step ${step}` }, ' may begin'),
    more: [['as ', { value: child }]],
  }),
  StepEnded: ({ step, outcome, because }) => ({
    ...hotwork(outcome === 'succeeded' ? 'ended' : 'denied', { bold: `Step ${step}` }, ' ended: ', { bold: outcome }),
    more: because === undefined ? [] : [[because]],
  }),
  CallsCompared: ({ approved, extra, extraCalls, refused, unused, complete }) => ({
    ...hotwork(
      extraCalls > 0 ? 'alarm' : 'read',
      { bold: 'Hotwork compared the calls to AWS' },
      ' with what was approved',
    ),
    more: [
      [unused ? 'nothing was called' : `${approved} approved, ${refused} refused, ${extraCalls} extra`],
      ...(extra.length > 0 ? [['extra: ', { value: extra.join(', ') }] satisfies Sentence] : []),
      ...(complete ? [] : [['CloudTrail did not tell all of them'] satisfies Sentence]),
    ],
  }),
  Refused: ({ attempted, code, count = 1, actor }, { who }) => {
    const said: Sentence = [{ bold: who }, ` was refused: ${attempted}, ${code.replaceAll('_', ' ')}`]
    const times = count > 1 ? [`, ${count} times`] : []
    return { lane: laneOf(actor), mark: 'denied', said: [...said, ...times], alike: said }
  },
}

function aboutAsk(ask: Ask, at: NumericDate): readonly Sentence[] {
  const origin = originOf(ask)
  if (origin.kind === 'registry')
    return [['about ', { value: ask.resource.id }], ...differenceLines(entryPreview(ask, origin.change, at))]
  return [
    ...(origin.kind === 'person' ? [['on behalf of ', { value: ask.agent.id }]] : []),
    ['for task ', { value: inert(ask.parentTask.id) }],
  ]
}

/** The end of a change of the registry, which Hotwork makes itself. */
const changeMade = (outcome: Outcome, code: Refusal | undefined): Told =>
  outcome === 'succeeded'
    ? hotwork('ended', { bold: 'Hotwork wrote it into the registry' })
    : {
        ...hotwork('denied', { bold: 'Nothing was changed' }),
        more: code === undefined ? [] : [[sentencesOf(code)]],
      }

/** The subject that joins entries into one item: a use with its end, a credential with its intent. */
export function thingOf(event: Event): string | undefined {
  switch (event.type) {
    case 'UseBegun':
    case 'UseEnded':
    case 'UseReturned':
    case 'RunStarted':
      return event.use
    case 'CredentialIntended':
    case 'CredentialIssued':
      return event.credential
    default:
      return undefined
  }
}

const doors = { api: 'through the API', chat: 'in the chat', page: 'on the page' } as const

function credential({ claim }: Of<'CredentialIntended'> | Of<'CredentialIssued'>, then: readonly Event[]): Told {
  const issued = then.find((each) => each.type === 'CredentialIssued')
  const [what, were] = claim === 'access_token' ? ['An access token', 'was'] : [wordsOfIssued(claim), 'were']
  if (!issued) return { ...hotwork('noted', `${what} ${were} to be issued`), alike: [what] }
  const said: Sentence = [{ bold: what }, ` ${were} issued`]
  return { ...hotwork('issued', ...said, ', until ', { time: issued.expiresAt }), alike: said }
}

function use(begun: Of<'UseBegun'>, then: readonly Event[]): Told {
  const { tool } = begun
  // The agent calls the target itself: the target records its calls, and no end follows.
  if (isSession(begun)) return hotwork('noted', `The ${wordsOfIssued(begun.key)} count as one use`)
  const by = isTargetId(tool) ? `Hotwork made the approved call to ${kinds[tool].name}` : `${tool} used it`
  const ended = then.find((each) => each.type === 'UseEnded')
  const isReturned = then.some(({ type }) => type === 'UseReturned')
  if (then.some(({ type }) => type === 'RunStarted'))
    return { lane: 'target', mark: 'used', said: [{ bold: by }, ': a run began'] }
  const became = ended ? `: ${ended.outcome}` : isReturned ? ': not made, given back' : ', its end is not reported'
  const isBad = ended !== undefined && ended.outcome !== 'succeeded'
  const said: Sentence = [{ bold: by }, became]
  return { lane: 'target', mark: isBad ? 'denied' : 'used', said, alike: said, ...written(ended?.note) }
}

/** A reading by Hotwork, as an item beside the entry that has it. */
function readingOf(preview: Preview): Told {
  if (preview.outcome === 'failed')
    return hotwork('noted', { bold: 'Hotwork could not read the present state' }, `: ${whyNotRead[preview.why]}`)
  const what = preview.outcome === 'none' ? 'facts about what it touches' : 'the present state'
  return { ...hotwork('read', `Hotwork read ${what}`), more: linesOf(preview) }
}

/** The lines of each step, with its number. */
const linesOf = ({ steps, ...own }: Preview): readonly Sentence[] =>
  steps
    ? steps.flatMap(({ step, preview }) => differenceLines(preview).map((line) => [`step ${step}: `, ...line]))
    : differenceLines(own)

function differenceLines(preview: Preview): readonly Sentence[] {
  if (preview.outcome !== 'matched') return []
  const changing = differencesOf(preview).filter(({ isSame }) => !isSame)
  const kind = kindOfChange(preview)
  return [...changing.map((each): Sentence => [{ value: differenceText(each) }]), ...(kind.length > 0 ? [kind] : [])]
}
