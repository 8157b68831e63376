import { type Bundle, type Chat, channelsIn, chatsOf } from '../../functions/domain/policy/bundle.ts'

/** A chat of a bundle, with its alias: that of a deployment of one chat, unless said otherwise. */
export function chatOf({ deployment }: Pick<Bundle, 'deployment'>, alias = 'slack'): Chat & { alias: string } {
  const chat = chatsOf(deployment).get(alias)
  if (!chat) throw new Error(`no chat \`${alias}\``)
  return { alias, ...chat }
}

/** The ids of the channels of a chat, by alias. */
export const channelIdsOf = ({ deployment }: Pick<Bundle, 'deployment'>, chat = 'slack') =>
  Object.entries(channelsIn(deployment)).flatMap(([name, each]) => (each.chat === chat ? [{ name, id: each.id }] : []))
