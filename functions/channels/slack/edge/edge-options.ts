import type { Chat } from '../../../domain/policy/bundle.ts'
import type { ChannelCore } from '../../core.ts'
import type { Modal } from '../forms/modal-blocks.ts'
import type { Home } from '../home/home-view.ts'
import type { SendEphemeral } from './answers.ts'
import type { SigningSecrets } from './guard.ts'

/** The settings of one workspace, which all incoming calls are about. */
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
    /** Milliseconds of one delivery, monotonic. The default is real time. */
    stopwatch?(): number
  }
