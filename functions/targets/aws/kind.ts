// Rules: test/infra/lambdas.test.ts
import { mediated, targetKind } from '../kind.ts'
import { Account } from './rules/account.ts'
import { variableIn } from './rules/conditions.ts'
import { conditionalCalls } from './rules/reads.ts'
import { isRun } from './rules/runs.ts'
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
  open: {
    with: unpinnedArguments,
    sometimes: sometimesUnpinned,
    always: [
      'IAM does not read the rest of a call: parameters that were not asked for may be added',
      'one use is one credential: AWS does not count its calls, so this call can be repeated until it ends',
    ],
  },
  literals: literalTemplates,
  startsRun: ({ name }) => isRun(name),
  comparesState: ({ name }) => conditionalCalls.includes(name),
  refuse({ statement }, args) {
    const variable = variableIn(statement?.conditions, args)
    return variable === undefined ? undefined : `\`${variable}\` is compared by IAM, so it must not contain \`\${\``
  },
  tooLarge(entry, args, account, { notAfter, drill }) {
    const statement = deriveStatement(entry, args, account)
    return statement && sessionPolicy([statement], notAfter, { drill }).length > sessionPolicyLimit
      ? { what: 'the session policy', most: `${sessionPolicyLimit} characters` }
      : undefined
  },
})
