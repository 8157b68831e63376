import { clamp, inert } from '../../../domain/inert.ts'
import { type ApprovalRequest, openStage } from '../../../domain/requests/request.ts'
import type { JsonObject } from '../../../domain/values.ts'
import type { RenderedCard } from '../../../operations/cards/ports.ts'
import {
  bold,
  type CardBlock,
  context,
  fitted,
  header,
  list,
  preformatted,
  quote,
  rich,
  section,
  words,
} from './blocks.ts'
import {
  type AllowOptions,
  allowBlocks,
  type CardOptions as DecideOptions,
  decideBlocks,
  tooLongBlock,
} from './card-decide.ts'
import {
  aboutOf,
  argumentsOf,
  type Budget,
  type CardFacts,
  comesToNothing,
  leftOpen,
  placeOf,
  resourceOf,
  type Shown,
  saidOf,
} from './card-facts.ts'
import { headlineOf, nowParts, stagesOf } from './card-status.ts'
import { narrowedBlocks, titleOn } from './card-title.ts'

export type CardOptions = DecideOptions & AllowOptions

/** From generous to bare. The last one fits whatever is asked, which a property test holds it to. */
const budgets: readonly [Budget, ...Budget[]] = [
  { arguments: 2_400, claim: 600, lines: 8 },
  { arguments: 1_200, claim: 300, lines: 6 },
  { arguments: 500, claim: 120, lines: 3 },
  { arguments: 120, claim: 40, lines: 1 },
]

/**
 * The card of a request in one channel: what it is and what has become of it, from the server's own facts. Pure: the
 * same state, facts and channel give the same card.
 *
 * @param state   the request as it is now, with whatever is due applied
 * @param channel the channel's alias; buttons are only where the open stage's people are
 */
export function renderCard(
  state: ApprovalRequest,
  facts: CardFacts,
  channel: string,
  options: CardOptions = {},
): RenderedCard {
  return fitted(budgets, (budget) => renderWithin(state, facts, channel, options, budget))
}

/** Whether the card on which a request is decided shows all of it. Where it does not, there is no Approve on it. */
export function showsAll(state: ApprovalRequest, facts: CardFacts, options: CardOptions): boolean {
  const stage = state.status === 'pending' ? openStage(state) : undefined
  if (!stage) return true
  return renderCard(state, facts, stage.terms.channel, options).blocks.every(
    ({ block_id }) => block_id !== tooLongBlock,
  )
}

function renderWithin(
  state: ApprovalRequest,
  facts: CardFacts,
  channel: string,
  options: CardOptions,
  budget: Budget,
): RenderedCard {
  const { ask } = state
  const { sign, words: status } = headlineOf(state)
  const now = nowParts(state, facts)
  const args = argumentsOf(ask.arguments, budget.arguments)
  const resource = resourceOf(state, budget.arguments)
  const open = leftOpen(state, budget.lines)
  const whole = ![args, resource, open].some(({ cut }) => cut)
  const blocks: CardBlock[] = [
    header(clamp(`${sign} ${status}`, 120).text),
    rich(
      'what',
      section(...titleOn(facts, state), words('\n'), ...placeOf(facts, state)),
      section(...now.facts),
      ...(now.note === undefined ? [] : [quote(now.note)]),
    ),
    ...narrowedBlocks(facts, state),
    rich(
      'action',
      section(bold('Resource')),
      preformatted(resource.value),
      section(bold('Arguments, exactly')),
      preformatted(args.value),
    ),
    ...(comesToNothing(state) ? [] : [rich('open', ...openParts(open))]),
    rich('about', section(bold('Who asks')), list(aboutOf(facts, state, budget.lines))),
    saidBlock(state, budget),
    ...stageBlocks(facts, state, budget),
    ...decideBlocks(state, facts, channel, whole, options),
    ...allowBlocks(state, channel, options),
    context(`Request ${ask.id}   Round ${state.round}   Digest ${ask.digest.slice(0, 24)}`),
  ]
  // Slack shows this in notifications, where it does read markup: nothing in it is anybody's but ours.
  const text = `${status}. ${ask.action} in ${ask.environment}, tier ${state.tier}. ${ask.id} ${ask.digest.slice(0, 24)}`
  return { text, blocks: blocks as unknown as readonly JsonObject[] }
}

const openParts = ({ value }: Shown<ReturnType<typeof leftOpen>['value']>) =>
  value.length === 0
    ? [section(bold('The credential leaves nothing open: '), words('it is good for exactly this.'))]
    : [section(bold('What the credential leaves open')), list(value)]

const stageBlocks = (facts: CardFacts, state: ApprovalRequest, { lines }: Budget): CardBlock[] =>
  state.stages.length === 0
    ? []
    : [
        rich(
          'stages',
          section(bold(state.status === 'pending' ? 'Who decides' : 'Who decided')),
          list(stagesOf(facts, state, lines)),
        ),
      ]

/** Below this heading stands what the agent says; above it nothing does but what will be executed. */
function saidBlock(state: ApprovalRequest, budget: Budget): CardBlock {
  const claim = state.ask.justification?.trim()
  return rich(
    'claim',
    section(bold('The agent says (unverified)')),
    list(saidOf(state)),
    ...(claim ? [quote(clamp(inert(claim), budget.claim).text)] : []),
  )
}
