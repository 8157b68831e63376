// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { type HookTyped, hook } from '../hooks/hook.ts'
import { hosts } from '../hooks/host-hook.ts'
import { type SidecarTyped, sidecar, usualPort } from '../sidecar/sidecar.ts'
import { actAsAgent, span } from './agent-requests.ts'
import type { Frame } from './frame.ts'

export const mapInProject = [
  '--map-in-project',
  "use the tool map in the agent's working folder: its authors then decide which calls need a permit",
] as const

/** The verbs that stand between an agent's program and its tools. */
export function addHostVerbs(program: Command, frame: Frame): void {
  const withWaiting = (command: Command): Command =>
    command
      .addOption(new Option('--wait <span>', 'the longest wait for people; default 9m30s').argParser(span))
      .addOption(
        new Option('--pending <answer>', 'the answer to Claude Code if people have not decided by then')
          .choices(['deny', 'defer'])
          .default('deny'),
      )
      .option(...mapInProject)
      .option('--as-tool <id>', 'on the local stack: the tool that this machine is; default HOTWORK_TOOL_TOKEN_FILE')
  withWaiting(
    frame
      .verb(program, 'hook', 'a hook of an agent program: an event on standard input, the answer on standard output')
      .addArgument(new Argument('<host>', 'the program that calls the hook').choices(hosts))
      .requiredOption('--map <file...>', 'the tool map: the tools that need a permit, and their actions'),
  ).action(actAsAgent<HookTyped>(frame, (typed, context) => hook(typed, context)))
  withWaiting(
    frame
      .verb(program, 'sidecar', 'answer the agent programs of this machine: hooks, approvals, AWS credentials')
      .option('--map <file...>', 'the tool map: the tools that need a permit, and their actions', [])
      .option('--token-file <file>', 'the file that keeps the token; by default it is new each time, and printed')
      .option('--port <n>', 'on 127.0.0.1; 0 is any', port, usualPort)
      .option('--socket <file>', 'listen on this Unix socket in place of a port; its folder should be private to you'),
  ).action(actAsAgent<SidecarTyped>(frame, sidecar))
}

function port(typed: string): number {
  if (/^\d{1,5}$/.test(typed) && Number(typed) <= 65_535) return Number(typed)
  throw new InvalidArgumentError('It is a number from 0 to 65535.')
}
