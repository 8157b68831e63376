import { Validations } from 'aws-cdk-lib'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Alias } from 'aws-cdk-lib/aws-kms'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'

/**
 * The page hook: what is told of an emergency outside Hotwork and outside Slack. Nobody is subscribed until the operator
 * subscribes somebody. It is a topic of its own: who is woken when the glass is broken need not be who mends Hotwork.
 */
export class EmergenciesTopic extends Construct {
  readonly topic: Topic

  constructor(scope: Construct, id: string) {
    super(scope, id)
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Hotwork emergencies',
      // AWS's own key: whoever may publish needs no right on it, and it costs nothing.
      masterKey: Alias.fromAliasName(this, 'Key', 'alias/aws/sns'),
    })
    Validations.of(this.topic).acknowledge({
      id: 'AwsSolutions-SNS3',
      reason:
        'The local emulator speaks http, so a TLS-only policy would deny all of it; on AWS the SDK speaks https, and a page holds no reason',
    })
  }

  get arn(): string {
    return this.topic.topicArn
  }

  /** Allows publishing, and neither subscribing nor reading who is. */
  grantPage(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({ grantee, actions: ['sns:Publish'], resourceArns: [this.arn] })
  }
}
