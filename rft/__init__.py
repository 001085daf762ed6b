"""The domain of bedrock-rft. It imports neither CDK, nor the Lambda handlers, nor the embedded AWS."""
