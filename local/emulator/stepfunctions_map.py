"""Distributed Map in JSONata: the reader's arguments, the selector and the concurrency may be expressions."""

from typing import Any

from ministack.services import stepfunctions

from local.emulator.guard import replace
from local.emulator.identity import role_may
from local.emulator.stepfunctions import Failure


def apply() -> None:
    """Evaluate expressions before MiniStack's own Distributed Map, which knows JSONPath only."""
    run = stepfunctions._run_distributed_map
    run_items = stepfunctions._run_map_items
    resolve = stepfunctions._resolve_params_obj

    def run_items_unless_distributed(state: dict[str, Any], raw: Any, execution: dict[str, Any], ctx: Any) -> Any:
        processor = state.get("ItemProcessor", {})
        if (processor.get("ProcessorConfig") or {}).get("Mode") != "DISTRIBUTED":
            return run_items(state, raw, execution, ctx)
        return run_in_jsonata(state, raw, raw, processor, execution, ctx)

    def run_in_jsonata(state: Any, raw: Any, effective: Any, processor: Any, execution: Any, ctx: Any) -> Any:
        def value(template: Any) -> Any:
            return stepfunctions._apply_jsonata_template(template, raw, ctx)

        reader = dict(state["ItemReader"])
        reader["Parameters"] = value(reader.pop("Arguments"))
        _authorise(execution, reader["Parameters"])
        plain = {
            **state,
            "ItemReader": reader,
            "MaxConcurrency": int(value(state.get("MaxConcurrency", 0))),
            "ToleratedFailurePercentage": value(state.get("ToleratedFailurePercentage", 0)),
        }
        _, following = run(plain, raw, effective, processor, execution, ctx)
        output = stepfunctions._apply_jsonata_output(state, raw, ctx, result=[], default=[])
        stepfunctions._apply_state_assign(state, raw, ctx, result=[])
        return output, following

    def resolve_either(template: Any, data: Any, ctx: Any = None) -> Any:
        if (ctx or {}).get("QueryLanguage") == "JSONata":
            return stepfunctions._apply_jsonata_template(template, data, ctx)
        return resolve(template, data, ctx)

    replace(stepfunctions, "_run_map_items", run_items_unless_distributed)
    replace(stepfunctions, "_resolve_params_obj", resolve_either)
    replace(stepfunctions, "_apply_result_selector", _untouched(stepfunctions._apply_result_selector))


def _untouched(select: Any) -> Any:
    def selector(state: dict[str, Any], data: Any) -> Any:
        return select(state, data) if "ResultSelector" in state else data

    return selector


def _authorise(execution: dict[str, Any], place: dict[str, str]) -> None:
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"]) or {}
    arn = execution["stateMachineArn"]
    role = machine.get("roleArn", "")
    for action, resource in (
        ("states:StartExecution", arn),
        ("s3:GetObject", f"arn:aws:s3:::{place['Bucket']}/{place['Key']}"),
    ):
        if not role_may(role, action, resource):
            raise Failure(
                "States.Permissions", f"{role} is not authorized to perform: {action} on resource: {resource}"
            )
