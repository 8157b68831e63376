import { pageOf } from '../../../../functions/channels/page-of.ts'
import type { SlackCard } from '../../../../functions/channels/slack/cards/blocks.ts'
import { renderCard } from '../../../../functions/channels/slack/cards/card.ts'
import { type Bundle, channelsIn } from '../../../../functions/domain/policy/bundle.ts'
import type { Stage } from '../../../../functions/domain/policy/ladder.ts'
import type { JsonObject } from '../../../../functions/domain/values.ts'
import type { DrawPorts } from '../../../../functions/operations/cards/channel-card.ts'
import type { CardBoard } from '../../../../functions/operations/cards/ports.ts'
import { ShowingRequests } from '../../../../functions/operations/ledger/texts.ts'
import { MemoryPager } from '../../../support/break-glass/memory-pager.ts'
import { issuer, type World } from '../../../support/world.ts'
import { renderLine, renderNotice, renderOpening } from './rendering.ts'

/** The ports of drawing, with Slack's words, over a world and any card board. */
export function drawPorts(
  world: World,
  { cards, board }: Pick<DrawPorts, 'cards'> & { board: CardBoard },
  changes: Partial<DrawPorts> = {},
) {
  const { bundle } = world.policy
  return {
    requests: new ShowingRequests(world.requests, world.ledger.texts),
    policy: world.policy,
    render: (state, alias) => renderCard(state, bundle, alias),
    say: (line, state) => renderLine(line, state, bundle),
    opening: {
      render: (state, about) => renderOpening(state, about, bundle, { page: pageOf(issuer) }),
      say: (notice, state, hearer) => renderNotice(notice, state, hearer, bundle, { page: pageOf(issuer) }),
      pager: new MemoryPager(),
      ledger: world.ledger,
    },
    channels: channelsIn(bundle.deployment),
    boards: { slack: board },
    cards,
    clock: world.clock,
    log: world.log,
    ...changes,
  } satisfies DrawPorts
}

/** The sample organisation with other terms for one stage of tier 2. */
export const withStage = (bundle: Bundle, name: string, terms: Partial<Stage>): Bundle => ({
  ...bundle,
  ladder: {
    ...bundle.ladder,
    tiers: bundle.ladder.tiers.map((rung) =>
      rung.tier === 2
        ? { ...rung, stages: rung.stages.map((stage) => (stage.name === name ? plainly(stage, terms) : stage)) }
        : rung,
    ),
  },
})

/** Without the sample's routing, so that the test sets all of it. */
const plainly = ({ notify: _, remind: __, ...stage }: Stage, terms: Partial<Stage>): Stage => ({ ...stage, ...terms })

export const headline = (card: SlackCard | undefined) =>
  (card?.blocks[0]?.['text'] as { text: string } | undefined)?.text

export const buttonsOf = (card: SlackCard | undefined): readonly unknown[] =>
  (card?.blocks ?? []).flatMap((block) =>
    block['type'] === 'actions' ? (block['elements'] as readonly JsonObject[]).map((each) => each['action_id']) : [],
  )

/** All text of a line, with mentions in Slack's form. */
export const wordsOf = (line: SlackCard | undefined): string =>
  JSON.stringify(line?.blocks ?? '')
    .match(/"(?:text|user_id)":"[^"]*"/g)
    ?.map((each) => each.replace(/^"user_id":"(.*)"$/, '<@$1>').replace(/^"text":"(.*)"$/, '$1'))
    .join('') ?? ''
