// Rules: test/infra/lambdas.test.ts
import { mediated, targetKind } from '../kind.ts'
import { Account } from './rules/account.ts'
import { variableIn } from './rules/conditions.ts'
import { conditionalCalls } from './rules/reads.ts'
import { runStatements } from './rules/run-statements.ts'
import { runOf } from './rules/runs.ts'
import { sessionPolicy, sessionPolicyLimit } from './rules/session-policy.ts'
import {
  awsPart,
  deriveStatement,
  facts,
  literalTemplates,
  naming,
  sometimesUnpinned,
  unpinnedArguments,
} from './rules/statement.ts'

export const aws = targetKind({
  id: 'aws',
  name: 'AWS',
  credentials: { sts: { act: 'aws', words: 'AWS credentials' }, mediated },
  settings: Account,
  example: { partition: 'aws', region: 'us-east-1', accountId: '000000000000', externalId: 'made-up' },
  entry: awsPart,
  ...naming,
  facts,
  placeOf: ({ partition, accountId }, targetRole) => `arn:${partition}:iam::${accountId}:role/${targetRole}`,
  recordsCalls: true,
  own: { singleUse: 'no: until it ends', stopsWithin: 'seconds, as a rule' },
  open: {
    with: unpinnedArguments,
    sometimes: sometimesUnpinned,
    always: [
      'IAM does not read the rest of a call: parameters that were not asked for may be added',
      'one use is one credential: AWS does not count its calls, so this call can be repeated until it ends',
    ],
  },
  literals: literalTemplates,
  startsRun: (entry) => runOf(entry) !== undefined,
  comparesState: ({ name, credential }) => credential === 'mediated' && conditionalCalls.includes(name),
  refuse({ statement }, args) {
    const variable = variableIn(statement?.conditions, args)
    return variable === undefined ? undefined : `\`${variable}\` is compared by IAM, so it must not contain \`\${\``
  },
  tooLarge(entry, args, account, { notAfter, drill }) {
    const run = runOf(entry)
    const statement = deriveStatement(entry, args, account)
    const ofRun = run && account && runStatements(entry, run, args, account)
    const { statements = [], passes } = ofRun ?? (statement && { statements: [statement], passes: undefined }) ?? {}
    return statement && sessionPolicy(statements, notAfter, { drill, passes }).length > sessionPolicyLimit
      ? { what: 'the session policy', most: `${sessionPolicyLimit} characters` }
      : undefined
  },
})
