import type { Chat } from '../../../domain/policy/bundle.ts'
import type { ChannelCore } from '../../core.ts'
import type { Modal } from '../forms/modal-blocks.ts'
import type { Home } from '../home/home-view.ts'
import type { SendEphemeral } from './answers.ts'
import type { SigningSecrets } from './guard.ts'

/** The settings of the one workspace that an incoming call belongs to. */
export type OfChat = {
  chat: Extract<Chat, { kind: 'slack' }> & { alias: string }
  secrets(): Promise<SigningSecrets>
  openModal(trigger: string, modal: Modal): Promise<void>
  publishHome(user: string, home: Home): Promise<void>
  sendEphemeral: SendEphemeral
}

/** Ports of Slack's edge. */
export type EdgeOptions = ChannelCore &
  OfChat & {
    /** A monotonic stopwatch of one delivery, in milliseconds. By default it measures real time. */
    stopwatch?(): number
  }
