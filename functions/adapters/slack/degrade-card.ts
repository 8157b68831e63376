import type { JsonObject } from '../../domain/values.ts'
import type { RenderedCard } from '../../operations/cards/ports.ts'
import { context, header, rich, section, words } from './blocks.ts'
import { complaintsOf, complaintsOfBlock } from './validate-blocks.ts'

/**
 * A card that Slack will take. One that it would refuse keeps its status, its way to say no and its digest, and loses
 * the rest; with the facts goes Approve, since nobody may approve what is not shown.
 */
export function degradeCard(card: RenderedCard): { card: RenderedCard; complaints: readonly string[] } {
  const complaints = complaintsOf(card)
  return complaints.length === 0 ? { card, complaints } : { card: bareCard(card), complaints }
}

/**
 * The least that can be said of a request. Its `text` holds the id and the digest, so nothing else is needed for it. Deny
 * stays, and so does what ends an emergency, and whatever leads to the page, which shows all of it.
 */
export function bareCard({ text, blocks }: RenderedCard): RenderedCard {
  const kept = blocks.filter((block) => complaintsOfBlock(block).length === 0)
  const status = kept.find(({ type }) => type === 'header') ?? header(text.slice(0, 150))
  const deny = kept.map(withoutYes).find((block) => block !== undefined)
  const ids = kept.find(({ type }) => type === 'context') ?? context(text.slice(0, 500))
  const why = rich('bare', section(words('The rest of this card cannot be shown here. Read it through the API.')))
  const bare = [status, why, ...(deny ? [deny] : []), ids] as unknown as readonly JsonObject[]
  return { text, blocks: bare }
}

function withoutYes(block: JsonObject): JsonObject | undefined {
  if (block['type'] !== 'actions') return undefined
  const elements = (block['elements'] as readonly JsonObject[]).filter(
    (each) => ['deny', 'end_emergency'].includes(String(each['action_id'])) || each['url'] !== undefined,
  )
  return elements.length === 0 ? undefined : { ...block, elements }
}
