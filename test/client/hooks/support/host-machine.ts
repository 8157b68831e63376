import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Gate } from '../../../../client/gate.ts'
import { BegunCalls } from '../../../../client/hooks/begun-calls.ts'
import { answerHook, type HookAnswer, type HookParts } from '../../../../client/hooks/host-hook.ts'
import { Journal } from '../../../../client/journal/journal.ts'
import type { ToolMap } from '../../../../client/mcp/tool-map.ts'
import type { ApprovalRequest } from '../../../../functions/domain/record/request.ts'
import type { Scene } from '../../support/scene.ts'

export const setFlag = 'mcp__flags__set_flag'
export const flag = { environment: 'prod', flag: 'express-checkout', value: true }
export const map: ToolMap = {
  purpose: 'release',
  parent_task: { id: 'REL-7' },
  tools: { [setFlag]: { action: 'flags:set' }, mcp__flags__read_flag: 'pass' },
}

/** A machine where an agent's program runs, which asks its hook before each call of a tool. */
export class HostMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'hotwork-host-'))
  readonly told: string[] = []
  /** Runs while people are waited for. */
  waiting: () => Promise<unknown> = async () => {}
  readonly #scene: Scene
  #count = 0

  constructor(scene: Scene) {
    this.#scene = scene
  }

  get journal(): Journal {
    const pause = async () => void (await this.waiting())
    return new Journal({ env: { XDG_STATE_HOME: this.folder }, now: () => new Date(), pause })
  }

  /** Each acts as a process of its own. `tool`: the machine is the tool, too. */
  calls({
    tool = false,
    agent = 'agent-remediator',
    journal = this.journal,
    token = () => this.#scene.workload(agent),
  } = {}): BegunCalls {
    const { url: issuer } = this.#scene.api
    const pause = async () => void (await this.waiting())
    const identity = async () => token()
    const around = { env: {}, folder: this.folder, now: () => new Date(), pause }
    const asTool = () => new Gate({ issuer, identity: async () => this.#scene.workload('tool-files-gate') }, around)
    return new BegunCalls({ issuer, identity, journal, pause }, tool ? asTool() : undefined)
  }

  parts(changes: Partial<HookParts> = {}): HookParts {
    const { url: issuer } = this.#scene.api
    const tell = (words: string) => void this.told.push(words)
    const usual = { host: 'claude-code', maps: [map], issuer, wait: 0, pending: 'deny', tell } as const
    return { ...usual, calls: this.calls(), ...changes }
  }

  /** The host is about to call a tool. */
  before(changes: object = {}, parts: Partial<HookParts> = {}, signal?: AbortSignal): Promise<HookAnswer> {
    return answerHook(this.event({ hook_event_name: 'PreToolUse', ...changes }), this.parts(parts), signal)
  }

  after(changes: object, parts: Partial<HookParts> = {}): Promise<HookAnswer> {
    return answerHook(
      this.event({ hook_event_name: 'PostToolUse', tool_response: 'ok', ...changes }),
      this.parts(parts),
    )
  }

  event(changes: object): object {
    this.#count += 1
    const about = {
      session_id: 'session-1',
      transcript_path: '/tmp/t',
      cwd: '/srv/project',
      permission_mode: 'default',
    }
    return { ...about, tool_name: setFlag, tool_input: flag, tool_use_id: `toolu_${this.#count}`, ...changes }
  }

  requests(): Promise<ApprovalRequest[]> {
    return this.#scene.requests()
  }

  decideAll(who = 'ana'): Promise<void> {
    return this.#scene.decideAll('approve', [who])
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

export const decisionOf = (answer: HookAnswer): string | undefined => answer.hookSpecificOutput?.permissionDecision
export const reasonOf = (answer: HookAnswer): string => answer.hookSpecificOutput?.permissionDecisionReason ?? ''
