"""IAM's simulation of what a role may do, as AWS answers it.

MiniStack's judges one resource, takes a role with a path for one without policies, leaves the boundary out, and names no
policy by which an answer is so. These reach into its modules, as emulator_corrections.py does.
"""

from xml.sax.saxutils import escape

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam


def simulate_principal_policy(_, asked) -> tuple:
    """Of roles. Each action on each resource, with the policies that decide it and the condition keys that nothing tells."""
    principal = iam._p(asked, "PolicySourceArn")
    role = iam._roles.get(principal.rsplit("/", 1)[-1]) if ":role/" in principal else None
    if not role or role["Arn"] != principal:
        return iam._error(404, "NoSuchEntity", f"{principal} cannot be found.", ns="iam")
    results = "".join(result_of(role, action, members(asked, "ResourceArns"), context_in(asked))
                      for action in members(asked, "ActionNames"))
    answer = f"<EvaluationResults>{results}</EvaluationResults><IsTruncated>false</IsTruncated>"
    return iam._xml(200, "SimulatePrincipalPolicyResponse",
                    f"<SimulatePrincipalPolicyResult>{answer}</SimulatePrincipalPolicyResult>", ns="iam")


def name_simulated_role(extract, service, method, path, headers, body, query_params, *args, **kwargs):
    """The right to simulate is one on the principal that is asked about (service authorization reference)."""
    simulated = iam_actions._query_param(query_params, "PolicySourceArn") if service == "iam" else None
    return simulated or extract(service, method, path, headers, body, query_params, *args, **kwargs)


def members(asked, name: str) -> list[str]:
    found = []
    while value := iam._p(asked, f"{name}.member.{len(found) + 1}"):
        found.append(value)
    return found


def context_in(asked) -> dict[str, str]:
    keys, at = {}, 1
    while key := iam._p(asked, f"ContextEntries.member.{at}.ContextKeyName"):
        keys[key.lower()] = iam._p(asked, f"ContextEntries.member.{at}.ContextKeyValues.member.1")
        at += 1
    return keys


def result_of(role: dict, action: str, resources: list[str], keys: dict[str, str]) -> str:
    each = [judge(role, action, resource, keys) for resource in resources or ["*"]]
    specific = "".join(
        f"<member><EvalResourceName>{escape(resource)}</EvalResourceName>"
        f"<EvalResourceDecision>{decision}</EvalResourceDecision>{reasons}</member>"
        for resource, decision, reasons in each
    )
    resource, decision, reasons = each[0]
    return (f"<member><EvalActionName>{escape(action)}</EvalActionName>"
            f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
            f"<EvalDecision>{decision}</EvalDecision>{reasons}"
            f"<ResourceSpecificResults>{specific}</ResourceSpecificResults></member>")


def judge(role: dict, action: str, resource: str, keys: dict[str, str]) -> tuple[str, str, str]:
    account = get_account_id()
    context = iam_evaluator.EvalContext(
        principal_arn=role["Arn"], principal_type="AssumedRole", principal_account=account, action=action,
        resource_arn=resource, region=iam.get_region(), service_context=keys, principal_keys=keys,
    )
    policies = policies_of(role, account)
    statements = [statement for _, _, statements in policies for statement in statements]
    limits = iam_evaluator._permissions_boundary(iam._roles, role["RoleName"], account)
    told = iam_evaluator.evaluate(context, [statements], *limits).decision
    decision = {"Allow": "allowed", "Deny": "explicitDeny"}.get(told, "implicitDeny")
    effect = {"allowed": "Allow", "explicitDeny": "Deny"}.get(decision)
    matched = "".join(
        f"<member><SourcePolicyId>{escape(name)}</SourcePolicyId><SourcePolicyType>{kind}</SourcePolicyType></member>"
        for name, kind, own in policies if effect and iam_evaluator._first_match(context, own, effect)
    )
    missing = sorted({key for statement in statements if bears_on(statement, action, resource)
                      for tested in statement.conditions.values() for key in tested
                      if iam_evaluator._resolve_condition_key(key, context) is None})
    names = "".join(f"<member>{escape(key)}</member>" for key in missing)
    return resource, decision, (f"<MatchedStatements>{matched}</MatchedStatements>"
                                f"<MissingContextValues>{names}</MissingContextValues>")


def bears_on(statement, action: str, resource: str) -> bool:
    return (iam_evaluator._action_matches(action, statement.actions, statement.not_actions)
            and iam_evaluator._resource_matches(resource, statement.resources, statement.not_resources))


def policies_of(role: dict, account: str) -> list[tuple[str, str, list]]:
    inline = [(name, "role", document) for name, document in (role.get("InlinePolicies") or {}).items()]
    attached = [(arn.rsplit("/", 1)[-1], "aws-managed" if ":iam::aws:" in arn else "user-managed",
                 iam_evaluator._resolve_managed_policy_document(arn, account))
                for arn in role.get("AttachedPolicies", [])]
    return [(name, kind, iam_evaluator.parse_policy_document(document)) for name, kind, document in inline + attached
            if document]
