// Rules: test/client/command-line/examples.test.ts
import { Argument, type Command } from 'commander'
import { changesGuardrail, showChanges } from '../requests/change-set.ts'
import { type Frame, typedOf } from './frame.ts'

/** The verbs about change sets, for people. */
export function addChangesVerbs(program: Command, { verb, act, surroundings, done }: Frame): void {
  const changes = verb(program, 'changes', 'change sets that agents ask to execute').enablePositionalOptions()
  verb(changes, 'show', "all resources of a request's change set: removals and replacements first")
    .addArgument(new Argument('<id>', 'the request, such as req_...'))
    .action(act(showChanges))
  verb(changes, 'guardrail', 'print a service control policy with which only Hotwork changes stacks')
    .addArgument(new Argument('<target>', 'the kind of target').choices(['aws']))
    .option('--stack <name>', "the name of Hotwork's stack", 'Hotwork')
    .option('--except <arn...>', 'roles that may change stacks too, such as those that deploy Hotwork')
    .option('--service-role <arn...>', "the service roles that change sets may name (default: CDK's execution roles)")
    // Without `act`, which needs the address of Hotwork: nothing is asked.
    .action(async (...given) => done(await changesGuardrail(typedOf(given), { surroundings })))
}
