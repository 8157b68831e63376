// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { type HookTyped, hook } from '../hooks/hook.ts'
import { hosts } from '../hooks/host-hook.ts'
import { type SidecarTyped, sidecar, usualPort } from '../sidecar/sidecar.ts'
import { actAsAgent, span } from './agent-requests.ts'
import type { Frame } from './frame.ts'

export const mapInProject = [
  '--map-in-project',
  'take a map of the folder that the agent works in, whose authors then say which calls need a permit',
] as const

/** The verbs that stand between an agent's program and its tools. */
export function addHostVerbs(program: Command, frame: Frame): void {
  const withWaiting = (command: Command): Command =>
    command
      .addOption(new Option('--wait <span>', 'for people at most this long, else 9m30s').argParser(span))
      .addOption(
        new Option('--pending <answer>', 'to Claude Code, where people have not decided by then')
          .choices(['deny', 'defer'])
          .default('deny'),
      )
      .option(...mapInProject)
      .option('--as-tool <id>', 'on the local stack: which tool this machine is; else HOTWORK_TOOL_TOKEN_FILE')
  withWaiting(
    frame
      .verb(program, 'hook', 'a hook of an agent program: an event on standard input, the answer on standard output')
      .addArgument(new Argument('<host>', 'whose hook it is').choices(hosts))
      .requiredOption('--map <file...>', 'which tools need a permit, and for which action'),
  ).action(actAsAgent<HookTyped>(frame, (typed, context) => hook(typed, context)))
  withWaiting(
    frame
      .verb(program, 'sidecar', 'answer the agent programs of this machine: hooks, approvals, AWS credentials')
      .option('--map <file...>', 'which tools need a permit, and for which action', [])
      .option('--token-file <file>', 'where the token is kept; else it is new each time, and printed')
      .option('--port <n>', 'on 127.0.0.1; 0 is any', port, usualPort)
      .option('--socket <file>', 'listen on this Unix socket in place of a port, in a folder that is yours alone'),
  ).action(actAsAgent<SidecarTyped>(frame, sidecar))
}

function port(typed: string): number {
  if (/^\d{1,5}$/.test(typed) && Number(typed) <= 65_535) return Number(typed)
  throw new InvalidArgumentError('It is a number from 0 to 65535.')
}
