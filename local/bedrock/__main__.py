"""Start the local Bedrock: ``python -m local.bedrock --port N --emulator URL [--options JSON]``."""

import argparse

import msgspec

from local.bedrock.access import EmulatorAccount
from local.bedrock.options import BedrockOptions
from local.bedrock.server import Server
from local.bedrock.service import Bedrock


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--emulator", required=True, help="endpoint of the emulator")
    parser.add_argument("--options", default="{}", help="BedrockOptions as JSON")
    arguments = parser.parse_args()
    options = msgspec.json.decode(arguments.options, type=BedrockOptions)
    with Server(Bedrock(EmulatorAccount(arguments.emulator), options), arguments.port) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
