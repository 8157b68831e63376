"""What MiniStack 1.5.33 does otherwise than AWS and can be put right from outside, so that the app is deployed unchanged.

These reach into its modules: they hold for this one version, which requirements.txt pins and test/local checks.
"""

import contextvars
import datetime
import functools
import json
import re

from emulator_simulation import name_simulated_role, simulate_principal_policy
from ministack import app
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import cloudtrail, dynamodb, eventbridge, iam, lambda_svc, s3, stepfunctions, sts
from ministack.services import cloudformation
from ministack.services.cloudformation import handlers, provisioners


def replace(owner, name: str, function) -> None:
    """Puts `function` in the place of a member, which it is given as its first argument."""
    before = owner[name] if isinstance(owner, dict) else getattr(owner, name)
    after = functools.wraps(before)(functools.partial(function, before))
    if isinstance(owner, dict):
        owner[name] = after
    else:
        setattr(owner, name, after)


def correct(lambda_log: str) -> None:
    """Applies every correction, and has what Lambdas print written to the file `lambda_log` too."""
    replace(iam_actions, "extract_iam_action", name_batches_as_single_calls)
    replace(iam_actions, "extract_iam_action", tell_reading_concurrency_from_setting_it)
    replace(iam_actions, "extract_resource_arn", name_schedules_by_their_group)
    replace(iam_actions, "extract_resource_arn", name_simulated_role)
    replace(iam_actions, "extract_resource_arn", name_machine_of_version)
    replace(iam_actions, "extract_resource_arn", name_stack_of_change_set)
    replace(iam_actions, "_s3_object_context", tell_conditions_of_puts)
    replace(iam_evaluator, "_resolve_condition_key", take_loopback_for_secure)
    replace(iam_evaluator, "_resolve_condition_key", name_role_of_session)
    replace(iam_evaluator, "_resolve_condition_key", tell_change_set)
    replace(provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"], "create", lock_objects)
    replace(provisioners._RESOURCE_HANDLERS["AWS::IAM::Role"], "create", keep_permissions_boundary)
    replace(provisioners._RESOURCE_HANDLERS["AWS::Events::Rule"], "create", enable_rules_that_hear_reading)
    replace(provisioners, "_cw_metric_alarm_record", keep_alarms_on_queries)
    replace(iam._IAM_HANDLERS, "SimulatePrincipalPolicy", simulate_principal_policy)
    for action in ("CreateStack", "UpdateStack", "CreateChangeSet"):
        replace(handlers._ACTION_HANDLERS, action, keep_service_role)
    replace(handlers._ACTION_HANDLERS, "DescribeStacks", tell_service_roles)
    replace(app, "_maybe_record_cloudtrail", record_management_events)
    replace(app, "_dispatch_service_request", record_outcome)
    # DynamoDB checks a condition once for a call; MiniStack checks it for each row of the partition.
    dynamodb._condition_syntax_error = functools.lru_cache(maxsize=1024)(dynamodb._condition_syntax_error)
    replace(lambda_svc, "_emit_lambda_logs", functools.partial(write_lambda_output, lambda_log))
    lambda_runtime.Worker.invoke = wait_for_lambda(lambda_runtime.Worker.invoke)
    replace(stepfunctions.jsonata.Jsonata, "jsonata", wait_for_expression)


# Seconds. A machine that also runs the tests may be ten times as slow as AWS: a long call there is no fault of the app.
PATIENCE = 60


def wait_for_lambda(invoke):
    """AWS ends a Lambda at its timeout. Here a busy machine would decide whether one ends, and with it what a test finds."""

    @functools.wraps(invoke)
    def invoke_patiently(worker, *args, **kwargs):
        worker.config = {**worker.config, "Timeout": max(worker.config.get("Timeout", 3), PATIENCE)}
        return invoke(worker, *args, **kwargs)

    return invoke_patiently


def wait_for_expression(compile_expression, expression, timeout=None, **kwargs):
    """MiniStack gives a JSONata expression one second, by the clock on the wall; Step Functions bounds its work."""
    return compile_expression(expression, timeout=timeout and max(timeout, PATIENCE * 1000), **kwargs)


def name_batches_as_single_calls(extract, *args, **kwargs):
    """SQS has no IAM actions for batches: who may send one message may send ten (SQS API reference, SendMessageBatch)."""
    action = extract(*args, **kwargs)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


def tell_reading_concurrency_from_setting_it(extract, service, method, *args, **kwargs):
    """Each has an IAM action of its own: MiniStack judges all three calls as the one that sets it."""
    action = extract(service, method, *args, **kwargs)
    verb = {"GET": "Get", "DELETE": "Delete"}.get(method)
    return f"lambda:{verb}FunctionConcurrency" if verb and action == "lambda:PutFunctionConcurrency" else action


def keep_permissions_boundary(create, logical_id, props, stack_name):
    """CloudFormation gives a role the permissions boundary that its template says; MiniStack's leaves it out."""
    name, attributes = create(logical_id, props, stack_name)
    if props.get("PermissionsBoundary"):
        iam._roles[name]["PermissionsBoundary"] = props["PermissionsBoundary"]
    return name, attributes


def tell_conditions_of_puts(context, iam_action, query_params, path, headers):
    """S3 gives policies what a put says of the object that it replaces; MiniStack's does not."""
    keys = {f"s3:{name}": headers[name] for name in ("if-match", "if-none-match") if headers.get(name)}
    return {**context(iam_action, query_params, path, headers), **(keys if iam_action == "s3:PutObject" else {})}


def take_loopback_for_secure(resolve, key, *args, **kwargs):
    """Nothing here has a certificate, and nothing leaves the machine: a policy that wants TLS would deny all of it."""
    return "true" if key.lower() == "aws:securetransport" else resolve(key, *args, **kwargs)


def name_role_of_session(resolve, key, *args, **kwargs):
    """`aws:PrincipalArn` of a session is the ARN of its role; MiniStack's is that of the session."""
    value = resolve(key, *args, **kwargs)
    if key.lower() != "aws:principalarn" or not isinstance(value, str) or ":assumed-role/" not in value:
        return value
    return iam._roles.get(value.split("/")[-2], {}).get("Arn", value)


def lock_objects(create, logical_id, props, stack_name):
    """CloudFormation gives a bucket the Object Lock that its template says; MiniStack's leaves it out."""
    name, attributes = create(logical_id, props, stack_name)
    if props.get("ObjectLockEnabled"):
        retention = props.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention")
        numbers = {unit: int(retention[unit]) for unit in ("Days", "Years") if unit in retention} if retention else {}
        s3._bucket_versioning[name] = "Enabled"
        s3._bucket_object_lock[name] = {
            "enabled": True,
            "default_retention": {"Mode": retention["Mode"], **numbers} if retention else None,
        }
    return name, attributes


def name_schedules_by_their_group(extract, service, method, path, headers, body, query_params, *args, **kwargs):
    """A schedule's ARN has its group, which is in the body or the query: MiniStack judges each as of the default group."""
    arn = extract(service, method, path, headers, body, query_params, *args, **kwargs)
    if service != "scheduler" or ":schedule/default/" not in arn:
        return arn
    asked = json.loads(body or b"{}").get("GroupName") or query_params.get("groupName") or "default"
    group = asked[0] if isinstance(asked, list) else asked
    return arn.replace(":schedule/default/", f":schedule/{group}/")


def name_machine_of_version(extract, service, *args, **kwargs):
    """IAM judges a version of a state machine by the machine's ARN, and tells the version by a key that MiniStack lacks."""
    arn = extract(service, *args, **kwargs)
    return re.sub(r"(:stateMachine:[^:]+):\d+$", r"\1", arn) if service == "states" else arn
def keep_service_role(operate, params):
    """CloudFormation keeps the role that a stack or change set was made with, for all operations; MiniStack drops it."""
    response = operate(params)
    role = handlers._p(params, "RoleARN")
    stack = handlers._resolve_stack(handlers._p(params, "StackName")) if role and response[0] < 400 else None
    if stack:
        stack["_role_arn"] = role
    return response


def tell_service_roles(describe, params):
    status, headers, body = describe(params)
    text = body.decode()
    for stack in cloudformation._stacks.values():
        said = f"<StackId>{stack['StackId']}</StackId>"
        if stack.get("_role_arn"):
            text = text.replace(said, f"{said}<RoleARN>{stack['_role_arn']}</RoleARN>")
    return status, headers, text.encode()


asked_change_set: contextvars.ContextVar[str | None] = contextvars.ContextVar("asked_change_set", default=None)


def name_stack_of_change_set(extract, service, method, path, headers, body, query_params, *args, **kwargs):
    """A change set's ARN alone names its stack, and CloudFormation gives policies its name; MiniStack does neither."""
    arn = extract(service, method, path, headers, body, query_params, *args, **kwargs)
    if service != "cloudformation":
        return arn
    asked = handlers._p(query_params, "ChangeSetName")
    asked_change_set.set(asked or None)
    return cloudformation._change_sets[asked]["StackId"] if arn == "*" and asked in cloudformation._change_sets else arn


def tell_change_set(resolve, key, *args, **kwargs):
    return asked_change_set.get() if key.lower() == "cloudformation:changesetname" else resolve(key, *args, **kwargs)


# Services whose calls are data events to CloudTrail: its event history leaves them out.
DATA_EVENT_SERVICES = {"dynamodb", "s3", "sqs", "sns", "kinesis", "logs", "execute-api"}
DATA_EVENTS = {"lambda:InvokeFunction"}

# Recorded calls by request, until the answer.
recorded: dict[str, dict] = {}


async def record_outcome(dispatch, method, path, headers, body, query_params, request_id):
    """CloudTrail has refused calls too, each with its error; MiniStack records none that IAM denies, and no error."""
    response = await dispatch(method, path, headers, body, query_params, request_id)
    status, answered, content = response
    if status >= 400 and request_id not in recorded:
        service = app.detect_service(method, path, headers, app._routing_params(method, path, headers, body, query_params))
        region = app.extract_region(headers)
        app._maybe_record_cloudtrail(service, method, path, headers, body, query_params, request_id, region)
    event = recorded.pop(request_id, None)
    if status < 400:
        tell_change_of_host(event, method, path, headers, body, query_params)
    if event and status >= 400:
        told = json.loads(event["CloudTrailEvent"])
        event["CloudTrailEvent"] = json.dumps({**told, "errorCode": error_in(answered, content)})
    return response


def error_in(headers: dict, content: bytes) -> str:
    text = content.decode("utf-8", errors="replace")
    told = re.search(r'"(?:__type|[Cc]ode)"\s*:\s*"([^"]+)"|<Code>([^<]+)</Code>', text)
    named = {name.lower(): value for name, value in headers.items()}.get("x-amzn-errortype", "")
    code = (told and (told[1] or told[2])) or named or "UnknownError"
    return code.split("#")[-1].split(":")[0]


def record_management_events(record, service, method, path, headers, body, query_params, request_id, *args, **kwargs):
    """CloudTrail's event history has management events alone, each by its caller: of a role, the session and the role.

    Only those of sessions are kept, and how they came about: the administrator is never looked up, who deploys code in
    bodies of megabytes.
    """
    extract = iam_actions.extract_iam_action
    if service == "sts":
        asked = app._routing_params(method, path, headers, body, query_params)
        if extract(service, method, path, headers, body, asked) == "sts:AssumeRole":
            record(service, method, path, headers, body, query_params, request_id, *args, **kwargs)
            recorded[request_id] = cloudtrail._get_event_queue()[-1]
            tell_assumed_role(recorded[request_id], asked)
            return
    session = sts._sessions.get(app.extract_access_key_id(headers, query_params) or "")
    if service in DATA_EVENT_SERVICES or not session or session.get("PrincipalType") != "AssumedRole":
        return
    action = extract(service, method, path, headers, body, query_params)
    if action is None or action in DATA_EVENTS:
        return
    record(service, method, path, headers, body, query_params, request_id, *args, **kwargs)
    recorded[request_id] = cloudtrail._get_event_queue()[-1]
    name_caller(recorded[request_id], session, action)
    tell_parameters(recorded[request_id], path)


def name_caller(event: dict, session: dict, action: str) -> None:
    """MiniStack has the access key in the place of a name, and its own guess at what a REST call is."""
    role, name = session["Arn"].split("/")[-2:]
    told = json.loads(event["CloudTrailEvent"])
    told["eventName"] = event["EventName"] = action.split(":", 1)[1]
    told["userIdentity"] = {
        "type": "AssumedRole",
        "principalId": session["UserId"],
        "arn": session["Arn"],
        "accountId": session["AccountId"],
        "accessKeyId": event["AccessKeyId"],
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "arn": iam._roles.get(role, {}).get("Arn", ""),
                "accountId": session["AccountId"],
                "userName": role,
            }
        },
    }
    event["Username"], event["CloudTrailEvent"] = name, json.dumps(told)


def tell_parameters(event: dict, path: str) -> None:
    """CloudTrail begins a parameter with a small letter, hides what may be secret, and of Lambda tells the API's version."""
    told = json.loads(event["CloudTrailEvent"])
    asked = {name[:1].lower() + name[1:]: value for name, value in (told.get("requestParameters") or {}).items()}
    if told["eventSource"] == "lambda.amazonaws.com":
        version, _, *rest = path.strip("/").split("/")
        if rest:
            asked["functionName"] = rest[0]
        if "environment" in asked:
            asked["environment"] = {}
        told["eventName"] = event["EventName"] = told["eventName"] + version.replace("-", "")
    if told["eventSource"] == "ssm.amazonaws.com" and "value" in asked:
        asked["value"] = "HIDDEN_DUE_TO_SECURITY_REASONS"
    told["requestParameters"] = asked
    event["CloudTrailEvent"] = json.dumps(told)


def tell_assumed_role(event: dict, form: dict) -> None:
    """CloudTrail has a call's parameters by their names in the API, the role that it is about, and whether it was refused."""
    said = {name: values[0] if isinstance(values, list) else values for name, values in form.items()}
    role, name = said.get("RoleArn", ""), said.get("RoleSessionName", "")
    told = json.loads(event["CloudTrailEvent"])
    told["eventName"] = event["EventName"] = "AssumeRole"
    tags = [
        {"key": value, "value": said.get(member.replace(".Key", ".Value"), "")}
        for member, value in said.items()
        if member.startswith("Tags.member.") and member.endswith(".Key")
    ]
    told["requestParameters"] = {
        "roleArn": role,
        "roleSessionName": name,
        **({"durationSeconds": int(said["DurationSeconds"])} if "DurationSeconds" in said else {}),
        **({"tags": tags} if tags else {}),
    }
    access_key, made = next(reversed(list(sts._sessions.items())), ("", {}))
    if made.get("Arn", "").split("/")[-2:] == [role.split("/")[-1], name]:
        told["responseElements"] = {"credentials": {"accessKeyId": access_key}}
    else:
        told["errorCode"] = "AccessDenied"
    key = iam._access_keys.get(event["AccessKeyId"])
    if key:
        told["userIdentity"]["arn"] = iam._users.get(key["UserName"], {}).get("Arn", "")
    event["Resources"] = [{"ResourceType": "AWS::IAM::Role", "ResourceName": role}]
    event["CloudTrailEvent"] = json.dumps(told)
    tell_event_bridge("sts", told)


def tell_change_of_host(event: dict | None, method, path, headers, body, query_params) -> None:
    """A trail tells of each change that IAM made, by any caller, and of the reads of sessions."""
    signed = re.search(r"/(iam|secretsmanager)/aws4_request", headers.get("authorization", ""))
    if not signed:
        return
    service = signed[1]
    asked = app._routing_params(method, path, headers, body, query_params)
    name = (iam_actions.extract_iam_action(service, method, path, headers, body, asked) or ":").split(":", 1)[1]
    if name.startswith(("Get", "List", "Simulate")) and not event:
        return
    said = {name: values[0] if isinstance(values, list) else values for name, values in asked.items()}
    told = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventTime": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "userIdentity": json.loads(event["CloudTrailEvent"])["userIdentity"] if event else {"type": "Root"},
        "requestParameters": {name[:1].lower() + name[1:]: value for name, value in said.items()},
    }
    tell_event_bridge(service, told)


def tell_event_bridge(service: str, told: dict) -> None:
    """EventBridge hears of a call from CloudTrail; no other caller may speak as AWS."""
    entry = {"Source": f"aws.{service}", "DetailType": "AWS API Call via CloudTrail", "Detail": json.dumps(told)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def enable_rules_that_hear_reading(create, logical_id, props, stack_name):
    """MiniStack takes the state in which a rule hears what CloudTrail calls reading, too, for disabled."""
    state = props.get("State", "ENABLED").removesuffix("_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
    return create(logical_id, {**props, "State": state}, stack_name)


def keep_alarms_on_queries(record, name, props):
    """MiniStack refuses an alarm on a query. Here it is one on a metric that nothing reports: no alarm rings on this machine."""
    metrics = props.get("Metrics") or []
    if [each for each in metrics if "Expression" in each] != metrics:
        return record(name, props)
    rest = {key: value for key, value in props.items() if key != "Metrics"}
    return record(name, {**rest, "Namespace": "Query", "MetricName": name} if metrics else props)


def write_lambda_output(path, emit, func, request_id, log_text, *args, **kwargs):
    """There is no CloudWatch console here: what a Lambda prints is appended to a file."""
    if log_text:
        with open(path, "a", encoding="utf-8") as file:
            file.writelines(f"{name_of(func)} {request_id} {line}\n" for line in log_text.splitlines())
    return emit(func, request_id, log_text, *args, **kwargs)


def name_of(func: dict) -> str:
    return (func.get("config") or func).get("FunctionName", "unknown")
