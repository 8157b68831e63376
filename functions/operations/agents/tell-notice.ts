// Rules: test/operations/agents/look-after-agents.test.ts
import type { Channel } from '../../domain/policy/bundle.ts'
import { defined } from '../../domain/values.ts'
import type { DrawPorts } from '../cards/channel-card.ts'
import { boardOf, type RenderedCard } from '../cards/ports.ts'
import { CardUndeliverable } from '../faults.ts'
import { chatsFrom, findAccount } from '../people/find-account.ts'
import type { AgentNotice } from './ports.ts'

type Ports = Pick<DrawPorts, 'boards' | 'policy' | 'channels' | 'linkedAccounts' | 'log'> & {
  renderAgentNotice(notice: AgentNotice, chat: string): RenderedCard
}

/**
 * One message to one person or one channel, at least once. A person without a reachable chat account sees it on the
 * agent's page.
 * @throws BoardUnavailable
 */
export async function tellNotice(notice: AgentNotice, ports: Ports): Promise<void> {
  const { boards, log } = ports
  const { about, to } = notice
  try {
    const place = await placeOf(to, ports)
    if (place === undefined) return log.info('notice_not_told', { about, ...to })
    await boardOf(place.chat, boards).post(place.id, ports.renderAgentNotice(notice, place.chat))
    log.info('notice_told', defined({ about, ...to, kind: notice.notice.kind }))
  } catch (fault) {
    if (!(fault instanceof CardUndeliverable)) throw fault
    if ('person' in to) log.error('direct_undeliverable', { about, ...to })
    else log.error('card_undeliverable', { about, ...to })
  }
}

async function placeOf(to: AgentNotice['to'], ports: Ports): Promise<Channel | undefined> {
  if ('channel' in to) return ports.channels[to.channel]
  // Includes inactive people, who are told that they are inactive.
  const known = ports.policy.bundle.directory.people.find(({ id }) => id === to.person)
  const account = known && (await findAccount(known, chatsFrom(undefined, ports), ports))
  return account && { chat: account.chat, id: await boardOf(account.chat, ports.boards).open(account.user) }
}
