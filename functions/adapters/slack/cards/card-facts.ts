import type { RichTextElement, RichTextSection } from '@slack/types'
import { clamp, exact, inert, lookalikeNote } from '../../../domain/inert.ts'
import { agentOf, type Bundle } from '../../../domain/policy/bundle.ts'
import type { CatalogueEntry } from '../../../domain/policy/catalogue.ts'
import { tierOf } from '../../../domain/policy/ladder.ts'
import { type ApprovalRequest, grantOf } from '../../../domain/requests/request.ts'
import { duration, type JsonObject } from '../../../domain/values.ts'
import { bold, code, section, words } from './blocks.ts'
import { whoOf } from './card-status.ts'

/** What of the bundle a card needs. */
export type CardFacts = Pick<Bundle, 'actions' | 'agents' | 'directory' | 'ladder'>

/** How much of a card each part may take, in characters. A smaller budget is tried when a card is too large. */
export type Budget = { arguments: number; claim: number; lines: number }

/** What is shown, and whether something of it had to be left out. */
export type Shown<T> = { value: T; cut: boolean }

export const entryOf = (facts: CardFacts, state: ApprovalRequest): CatalogueEntry | undefined =>
  facts.actions[state.ask.action]

/** Where, under how much scrutiny, and whether there is a way back: what to know before anything else is read. */
export function placeOf(facts: CardFacts, state: ApprovalRequest): RichTextElement[] {
  const { action, environment, classification } = state.ask
  const tier = tierOf(facts.ladder, state.tier)
  const most = Math.max(state.tier, ...facts.ladder.tiers.map((each) => each.tier))
  const entry = entryOf(facts, state)
  return [
    bold(`${environment.toUpperCase()} · Tier ${state.tier} of ${most}`),
    words(`${tier ? ` (${clamp(inert(tier.name), 64).text})` : ''} · ${classification} data${entry ? ' · ' : ''}`),
    ...(entry?.undo.possible === false ? [bold('CANNOT BE UNDONE')] : [words(entry ? 'can be undone' : '')]).filter(
      ({ text }) => text !== '',
    ),
    words('\n'),
    code(action),
  ]
}

/** The arguments, one a line, each as the JSON that was approved: what looks the same is the same. */
export function argumentsOf(args: JsonObject, budget: number): Shown<string> {
  const lines: string[] = []
  let [left, cut] = [budget, false]
  for (const [name, value] of Object.entries(args)) {
    const shown = clamp(exact(value), Math.max(left, 24))
    lines.push(`${clamp(inert(name), 64).text} = ${shown.text}${lookalikeNote(JSON.stringify(value))}`)
    left -= [...shown.text].length
    cut ||= shown.cut
  }
  return { value: lines.length === 0 ? '(none)' : lines.join('\n'), cut }
}

export const resourceOf = ({ ask }: ApprovalRequest, budget: number): Shown<string> => {
  const { text, cut } = clamp(inert(ask.resource.id), Math.max(budget, 128))
  return { value: `${text}${lookalikeNote(ask.resource.id)}`, cut }
}

/** What the credential cannot pin, in plain words. */
export function leftOpen({ ask }: ApprovalRequest, lines: number): Shown<readonly RichTextSection[]> {
  const shown = ask.unpinned.slice(0, lines).map((line) => clamp(inert(line), 256))
  const more = ask.unpinned.length - shown.length
  const items = shown.map(({ text }) => section(words(text)))
  if (more > 0) items.push(section(words(`…+${more} more`)))
  return { value: items, cut: more > 0 || shown.some(({ cut }) => cut) }
}

/** Who asks, for whom, why this much scrutiny, and what there is to get. */
export function aboutOf(facts: CardFacts, state: ApprovalRequest, lines: number): RichTextSection[] {
  const { ask } = state
  const agent = agentOf(facts as Bundle, ask.agent.id)
  const policies = state.policies.slice(0, lines)
  return [
    line('Asked by', `${ask.agent.id}${agent ? `, ${agent.autonomy}` : ''}, for ${whoOf(facts, ask.owner)}`),
    ...ask.chain.slice(0, lines).map(({ id, owner }) => line('Delegated by', `${id}, for ${whoOf(facts, owner)}`)),
    ...(policies.length === 0
      ? []
      : [line('Why this tier', policies.map((id) => clamp(inert(id), 80).text).join(', '))]),
    ...(comesToNothing(state) ? [] : [undoOf(entryOf(facts, state)), line('Terms', termsOf(state))]),
  ]
}

/** What the agent says it is for. Nothing of it is verified; policy may have read the purpose. */
export function saidOf({ ask: { parentTask, purpose } }: ApprovalRequest): RichTextSection[] {
  const task = clamp(inert(parentTask.id), 120).text
  const url = parentTask.url === undefined ? '' : ` ${clamp(inert(parentTask.url), 160).text}`
  return [
    theirs('Task', `${task}${url}`, lookalikeNote(`${parentTask.id} ${parentTask.url ?? ''}`)),
    theirs('Purpose', clamp(inert(purpose), 64).text, lookalikeNote(purpose)),
  ]
}

/** Ended without a grant: there was never a credential, and never will be. */
export const comesToNothing = (state: ApprovalRequest): boolean => state.status !== 'pending' && !grantOf(state)

const line = (label: string, text: string): RichTextSection => section(bold(`${label}: `), words(text))
const theirs = (label: string, text: string, note: string): RichTextSection =>
  section(bold(`${label}: `), text === '' ? words('(empty)') : code(text), ...(note === '' ? [] : [words(note)]))

const undoOf = (entry: CatalogueEntry | undefined): RichTextSection => {
  if (!entry) return line('Undo', 'not known: the catalogue no longer has this action')
  const how = clamp(inert(entry.undo.how), 240).text
  return entry.undo.possible ? line('Undo', how) : line('Cannot be undone', how)
}

function termsOf({ ask }: ApprovalRequest): string {
  const uses = `${ask.uses} ${ask.uses === 1 ? 'use' : 'uses'}`
  return `to be claimed within ${duration(ask.claimWithin)}, then good for ${duration(ask.lifetime)} and ${uses}`
}
