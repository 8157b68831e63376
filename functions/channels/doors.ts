// Rules: test/seams/seams.test.ts
import type { Chat } from '../domain/policy/bundle.ts'
import type { ChannelDoor, DoorWorld, OpenDoor } from './door.ts'
import type { ChatId } from './kinds.ts'
import { openSlack } from './slack/door.ts'

type Doors = { readonly [kind in ChatId]: OpenDoor<Extract<Chat, { kind: kind }>> }

const doors: Doors = {
  slack: openSlack,
}

/** Opens the door of a chat by its kind. */
export function openDoor(chat: Chat, world: DoorWorld): ChannelDoor {
  const open: OpenDoor<never> = doors[chat.kind]
  return open(chat as never, world)
}
