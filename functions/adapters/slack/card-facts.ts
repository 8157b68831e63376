import type { RichTextElement, RichTextSection } from '@slack/types'
import type { Bundle } from '../../domain/bundle.ts'
import { agentOf } from '../../domain/bundle.ts'
import { type CatalogueEntry, titleOf } from '../../domain/catalogue.ts'
import { tierOf } from '../../domain/ladder.ts'
import { type ApprovalRequest, approversOf, grantOf, openStage, type StageState } from '../../domain/request.ts'
import type { JsonObject } from '../../domain/values.ts'
import { bold, code, section, time, words } from './blocks.ts'
import { whoOf } from './card-status.ts'
import { clamp, exact, inert, mixesScripts } from './inert.ts'

/** What of the bundle a card needs. */
export type CardFacts = Pick<Bundle, 'actions' | 'agents' | 'directory' | 'ladder'>

/** How much of a card each part may take, in characters. A smaller budget is tried when a card is too large. */
export type Budget = { arguments: number; claim: number; lines: number }

/** What is shown, and whether something of it had to be left out. */
export type Shown<T> = { value: T; cut: boolean }

const entryOf = (facts: CardFacts, state: ApprovalRequest): CatalogueEntry | undefined =>
  facts.actions[state.ask.action]

/** The catalogue's own title for these arguments; the action's name where the catalogue no longer has it. */
export function titleFor(facts: CardFacts, state: ApprovalRequest, limit: number): string {
  const entry = entryOf(facts, state)
  return clamp(inert(entry ? titleOf(entry, state.ask.arguments) : state.ask.action), limit).text
}

/** Which action, where, and under how much scrutiny. */
export function placeOf(facts: CardFacts, state: ApprovalRequest): RichTextElement[] {
  const { action, environment, classification } = state.ask
  const tier = tierOf(facts.ladder, state.tier)
  return [
    code(action),
    words(' in '),
    bold(environment.toUpperCase()),
    words(`, ${classification} data. `),
    bold(`Tier ${state.tier}`),
    words(tier ? `, ${clamp(inert(tier.name), 64).text}.` : '.'),
  ]
}

/** The arguments, one a line, each as the JSON that was approved: what looks the same is the same. */
export function argumentsOf(args: JsonObject, budget: number): Shown<string> {
  const lines: string[] = []
  let [left, cut] = [budget, false]
  for (const [name, value] of Object.entries(args)) {
    const shown = clamp(exact(value), Math.max(left, 24))
    const note = mixesScripts(JSON.stringify(value)) ? '   ← mixes alphabets that look alike' : ''
    lines.push(`${clamp(inert(name), 64).text} = ${shown.text}${note}`)
    left -= [...shown.text].length
    cut ||= shown.cut
  }
  return { value: lines.length === 0 ? '(none)' : lines.join('\n'), cut }
}

export const resourceOf = ({ ask }: ApprovalRequest, budget: number): Shown<string> => {
  const { text, cut } = clamp(inert(ask.resource.id), Math.max(budget, 128))
  return { value: text, cut }
}

/** What the credential cannot pin, in plain words. */
export function leftOpen({ ask }: ApprovalRequest, lines: number): Shown<readonly RichTextSection[]> {
  const shown = ask.unpinned.slice(0, lines).map((line) => clamp(inert(line), 256))
  const more = ask.unpinned.length - shown.length
  const items = shown.map(({ text }) => section(words(text)))
  if (more > 0) items.push(section(words(`…+${more} more`)))
  return { value: items, cut: more > 0 || shown.some(({ cut }) => cut) }
}

/** Who asks, for whom, as part of what, why this much scrutiny, and what there is to get. */
export function aboutOf(facts: CardFacts, state: ApprovalRequest, lines: number): RichTextSection[] {
  const { ask } = state
  const agent = agentOf(facts as Bundle, ask.agent.id)
  const task = clamp(inert(ask.parentTask.id), 120).text
  const url = ask.parentTask.url === undefined ? '' : `, ${clamp(inert(ask.parentTask.url), 160).text}`
  const policies = state.policies.slice(0, lines)
  const entry = entryOf(facts, state)
  return [
    line('Asked by', `${ask.agent.id}${agent ? `, ${agent.autonomy}` : ''}, for ${whoOf(facts, ask.owner)}`),
    ...ask.chain.slice(0, lines).map(({ id, owner }) => line('Delegated by', `${id}, for ${whoOf(facts, owner)}`)),
    line('Task', `${task}${url}`),
    line('Purpose', clamp(inert(ask.purpose), 64).text),
    ...(policies.length === 0
      ? []
      : [line('Why this tier', policies.map((id) => clamp(inert(id), 80).text).join(', '))]),
    ...(comesToNothing(state) ? [] : [undoOf(entry), line('Terms', termsOf(state))]),
  ]
}

/** Ended without a grant: there was never a credential, and never will be. */
export const comesToNothing = (state: ApprovalRequest): boolean => state.status !== 'pending' && !grantOf(state)

const line = (label: string, text: string): RichTextSection =>
  section(bold(`${label}: `), words(text === '' ? '(empty)' : text))

const undoOf = (entry: CatalogueEntry | undefined): RichTextSection => {
  if (!entry) return line('Undo', 'not known: the catalogue no longer has this action')
  const how = clamp(inert(entry.undo.how), 240).text
  return entry.undo.possible ? line('Undo', how) : line('Cannot be undone', how)
}

function termsOf({ ask }: ApprovalRequest): string {
  const uses = `${ask.uses} ${ask.uses === 1 ? 'use' : 'uses'}`
  return `to be claimed within ${duration(ask.claimWithin)}, then good for ${duration(ask.lifetime)} and ${uses}`
}

/** Seconds as people say them: `1 h 30 min`. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ]
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}

/** Each stage: how many of how many, who, and whether it is its turn. */
export function stagesOf(facts: CardFacts, state: ApprovalRequest, lines: number): RichTextSection[] {
  const open = state.status === 'pending' ? openStage(state) : undefined
  return state.stages.map((stage) => section(...stageLine(facts, state, stage, open, lines)))
}

function stageLine(
  facts: CardFacts,
  state: ApprovalRequest,
  stage: StageState,
  open: StageState | undefined,
  lines: number,
): RichTextElement[] {
  const approvers = approversOf(stage)
  const count = `${approvers.length} of ${stage.terms.quorum}`
  const shown = approvers.slice(0, lines).map((person) => whoOf(facts, person))
  const more = approvers.length > shown.length ? ` and ${approvers.length - shown.length} more` : ''
  const names = shown.length === 0 ? '' : ` by ${shown.join(', ')}${more}`
  const head = [bold(stage.terms.name), words(`: approved ${count}${names}`)]
  if (stage !== open) {
    const turn = state.status === 'pending' && stage.opensAt === undefined ? '; not open yet' : ''
    return [...head, words(turn === '' ? '.' : `${turn}.`)]
  }
  const until = stage.deadline === undefined ? [] : [words(' until '), time(stage.deadline)]
  return [...head, words('; open now'), ...until, words(`.${loginOf(stage)}`)]
}

/** Does approving here take more of a login than a press in Slack is? */
export const wantsLogin = ({ terms }: StageState): boolean => terms.acr !== undefined || terms.maxAge !== undefined

const loginOf = (stage: StageState): string =>
  wantsLogin(stage) ? ' Approving needs a stronger login than a click: do it through the API.' : ''
