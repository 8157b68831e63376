import type { Account } from '../../../functions/domain/policy/bundle.ts'

/** The ARN of the sealed role of an account, whether or not it exists. */
export const sealedRoleOf = (stackName: string, { partition, accountId }: Pick<Account, 'partition' | 'accountId'>) =>
  `arn:${partition}:iam::${accountId}:role/hotwork/${stackName}-sealed`
