import { type Bundle, type Chat, channelsIn, chatsOf } from '../../functions/domain/policy/bundle.ts'

/** A chat of a bundle, with its alias: by default that of a deployment with one chat. */
export function chatOf(
  { deployment }: Pick<Bundle, 'deployment'>,
  alias = 'slack',
): Extract<Chat, { kind: 'slack' }> & { alias: string } {
  const chat = chatsOf(deployment).get(alias)
  if (chat?.kind !== 'slack') throw new Error(`no chat \`${alias}\``)
  return { alias, ...chat }
}

export const channelIdsOf = ({ deployment }: Pick<Bundle, 'deployment'>, chat = 'slack') =>
  Object.entries(channelsIn(deployment)).flatMap(([name, each]) => (each.chat === chat ? [{ name, id: each.id }] : []))

/** The sample with a second workspace, `work`, in which these channels and accounts are too. */
export function inTwoChats(
  bundle: Bundle,
  { channels = {}, accounts = {} }: { channels?: { [alias: string]: string }; accounts?: { [person: string]: string } },
): Bundle {
  const { chat, ...deployment } = bundle.deployment
  const work = { ...chat, kind: 'slack' as const, teamId: 'T0WORK', appId: 'A0WORK', botUserId: 'U0WORKBOT' }
  const before = Object.entries(channelsIn(bundle.deployment)).map(([alias, { id }]) => [alias, { chat: 'slack', id }])
  const more = Object.entries(channels).map(([alias, id]) => [alias, { chat: 'work', id }])
  const people = bundle.directory.people.map((person) =>
    accounts[person.id] === undefined ? person : { ...person, accounts: { work: accounts[person.id] as string } },
  )
  return {
    ...bundle,
    directory: { ...bundle.directory, people },
    deployment: {
      ...deployment,
      chats: { slack: { ...chat, kind: 'slack' as const }, work },
      channels: Object.fromEntries([...before, ...more]),
    },
  }
}
