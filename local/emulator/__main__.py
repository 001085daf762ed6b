"""Start MiniStack with the project's adapter: ``python -m local.emulator``. Configuration comes by environment."""

from local.emulator import guard

guard.check_version()

from local.emulator import (  # noqa: E402  the guard must speak before MiniStack's private modules are touched
    bedrock,
    cloudformation_types,
    events,
    lambda_actions,
    lambdas,
    metrics,
    packages,
    service_endpoints,
    stepfunctions,
    stepfunctions_map,
    task_tokens,
    transport,
)


def main() -> None:
    """Apply every patch once, then serve until a signal comes."""
    for module in (
        transport,
        cloudformation_types,
        lambdas,
        packages,
        metrics,
        stepfunctions,
        stepfunctions_map,
        task_tokens,
        events,
        bedrock,
        lambda_actions,
        service_endpoints,
    ):
        module.apply()
    from ministack import app

    app.main()


if __name__ == "__main__":
    main()
