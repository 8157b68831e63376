import { defined } from '../../domain/values.ts'
import type { DrawPorts } from '../cards/draw-card.ts'
import type { RenderedCard } from '../cards/ports.ts'
import { CardUndeliverable } from '../faults.ts'
import type { AgentNotice } from './ports.ts'

type Ports = Pick<DrawPorts, 'board' | 'policy' | 'channels' | 'linkedAccount' | 'log'> & {
  renderAgentNotice(notice: AgentNotice): RenderedCard
}

/**
 * One message to one person or one channel, at least once. A person without a chat account, or who cannot be reached, sees
 * it on the page of the agent.
 * @throws BoardUnavailable
 */
export async function tellNotice(notice: AgentNotice, ports: Ports): Promise<void> {
  const { board, log } = ports
  const { about, to } = notice
  try {
    const channel = await channelOf(to, ports)
    if (channel === undefined) return log.info('notice not told', { about, ...to })
    await board.post(channel, ports.renderAgentNotice(notice))
    log.info('notice told', defined({ about, ...to, kind: notice.notice.kind }))
  } catch (fault) {
    if (!(fault instanceof CardUndeliverable)) throw fault
    if ('person' in to) log.error('direct_undeliverable', { about, ...to })
    else log.error('card_undeliverable', { about, ...to })
  }
}

async function channelOf(
  to: AgentNotice['to'],
  { board, policy, channels, linkedAccount }: Ports,
): Promise<string | undefined> {
  if ('channel' in to) return channels[to.channel]
  // Also one who is no longer active is told that this is so.
  const known = policy.bundle.directory.people.find(({ id }) => id === to.person)
  const user = known && (known.chatUser ?? (await linkedAccount?.(to.person)))
  return user === undefined ? undefined : board.open(user)
}
