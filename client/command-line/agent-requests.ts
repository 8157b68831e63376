// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import { Journal } from '../journal/journal.ts'
import type { Exit } from '../outcome.ts'
import { type ActionsTyped, actions } from '../requests/actions.ts'
import { type AnswerTyped, answer } from '../requests/answer.ts'
import {
  type CompleteTyped,
  cancel,
  complete,
  type ExtendTyped,
  extend,
  type RequestTyped,
  request,
  wait,
} from '../requests/ask.ts'
import type { AgentContext } from '../requests/context.ts'
import { call, clusterCredential, credentials } from '../requests/credentials.ts'
import { type ExecTyped, exec } from '../requests/exec.ts'
import { KeptRequests } from '../requests/kept-requests.ts'
import { readAgentSettings } from '../settings.ts'
import { readSpan, usualWait } from '../span.ts'
import { ownPath } from '../surroundings.ts'
import { type Frame, typedOf } from './frame.ts'

/** The verbs by which an agent handles its own requests. */
export function addAgentVerbs(program: Command, frame: Frame): void {
  const verb = (name: string, description: string): Command => frame.verb(program, name, description)
  const act = <T>(run: (typed: T, context: AgentContext) => Promise<Exit | number>) => actAsAgent(frame, run)
  const own = (folder: string) => ownPath(`examples/${folder}`, frame.surroundings)
  const id = new Argument('<id>', 'the request, `req_...`')
  const reason = new Option('--reason <text>', "the reason in the agent's own words; replaces `context.justification`")

  verb('actions', 'what the agent may ask for')
    .option('--resource <id>', 'on this resource alone, by its id such as an ARN')
    .option('--tool <tool>', 'of this tool alone, such as `aws` or tool:flag-service')
    .option('--purpose <word>', 'with this purpose alone')
    .action(act<ActionsTyped>(actions))
  verb('request', 'ask for the action in a file, as an agent; `-` is standard input')
    .argument('<file>', `an AuthZEN evaluation body, as in ${own('requests')}; of a plan as in ${own('plan')}`)
    .addOption(new Option('--wait [span]', 'wait for the decision, at most this long; default 30m').argParser(span))
    .addOption(reason)
    .addOption(
      new Option(
        '--evidence <file>',
        'a text that people read with the ask, such as a log; repeat it for more: at most 5, 32 KiB together',
      ).argParser((file: string, before: readonly string[] = []) => [...before, file]),
    )
    .option('--revises <id>', 'the request that an approver wanted changed, of the same action and resource')
    .option('--not-before <when>', 'the start, at most 7d ahead: a span such as 2h, or a time')
    .action(
      act<Omit<RequestTyped, 'wait'> & { wait?: number | true }>((typed, context) =>
        request({ ...typed, wait: typed.wait === true ? usualWait : typed.wait }, context),
      ),
    )
  verb('wait', 'wait until a request is decided, and until the run that it started has ended')
    .addArgument(id)
    .addOption(new Option('--for <span>', 'the longest wait, such as 45s, 30m or 2h').argParser(span))
    .action(act<{ id: string; for?: number }>(wait))
  verb('answer', "answer an approver's question about a pending request")
    .addArgument(id)
    .argument('<text>', 'the answer, which people read')
    .option('--question <id>', 'the question, `qst_...`; may be left out if one is open')
    .action(act<AnswerTyped>(answer))
  verb('cancel', 'withdraw a pending request').addArgument(id).action(act(cancel))
  verb('extend', 'ask the same people once for more time of a grant, as a new request')
    .addArgument(id)
    .addOption(
      new Option('--minutes <n>', 'the minutes to add, at most as many as the grant had')
        .argParser(wholeMinutes)
        .makeOptionMandatory(),
    )
    .addOption(reason)
    .addOption(new Option('--wait [span]', 'wait for the decision, at most this long; default 30m').argParser(span))
    .action(
      act<Omit<ExtendTyped, 'wait'> & { wait?: number | true }>((typed, context) =>
        extend({ ...typed, wait: typed.wait === true ? usualWait : typed.wait }, context),
      ),
    )
  verb('complete', 'report the end of the task, which ends its credentials')
    .addArgument(id)
    .option('--failed', 'the task failed', false)
    .option('--note <text>', 'the outcome in words, for people')
    .action(act<CompleteTyped>(complete))
  verb('exec', 'wait for approval, run a command with the approved rights, complete by its exit code')
    .usage('[options] (--request FILE | ID) -- CMD...')
    .argument('<words...>', 'the id of a request unless `--request` is given, then `--` and the command')
    .option('--request <file>', 'ask for the action in this file first')
    .addOption(reason)
    .addOption(new Option('--wait <span>', 'the longest wait for approval; default 30m').argParser(span))
    .action(act<ExecTyped>(exec))
  verb('credentials', 'AWS credentials of an approved request, as `credential_process` in ~/.aws/config takes them')
    .addArgument(id)
    .option('--setup', 'print the lines for ~/.aws/config, and no credentials', false)
    .action(act<{ id: string; setup: boolean }>(credentials))
  const kubernetes = program.command('kubernetes').description('A cluster, for its own tools.')
  frame
    .verb(kubernetes, 'credential', 'the token of an approved act in a cluster, as `kubectl` takes it from a plugin')
    .addArgument(id)
    .option('--read', 'the token that reads', false)
    .option('--setup', 'print the kubeconfig that names this verb, and no token', false)
    .action(act<{ id: string; read: boolean; setup: boolean }>(clusterCredential))
  verb('call', "for a mediated action: have Hotwork make the one call, and print AWS's answer")
    .addArgument(id)
    .addOption(new Option('--wait [span]', 'wait for the end of the run that it starts; default 30m').argParser(span))
    .action(
      act<{ id: string; wait?: number | true }>((typed, context) =>
        call({ ...typed, wait: typed.wait === true ? usualWait : typed.wait }, context),
      ),
    )
}

/** Wraps a verb of an agent. */
export function actAsAgent<T>(
  { surroundings, done }: Frame,
  run: (typed: T, context: AgentContext) => Promise<number>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    const typed = typedOf<T & { api?: string; as?: string; json: boolean }>(given)
    const settings = readAgentSettings(typed, surroundings)
    const kept = new KeptRequests(new Journal(surroundings), settings.apiUrl)
    done(await run(typed, { settings, kept, surroundings, json: typed.json }))
  }
}

function wholeMinutes(typed: string): number {
  if (/^[1-9]\d{0,3}$/.test(typed)) return Number(typed)
  throw new InvalidArgumentError('It is a whole number of minutes, 1 or more.')
}

/** @returns milliseconds */
export function span(typed: string): number {
  const milliseconds = readSpan(typed)
  if (milliseconds !== undefined) return milliseconds
  throw new InvalidArgumentError('It is a span such as 45s, 30m or 2h; write `--wait=30m`, or `--wait` at the end.')
}
