"""Buckets and the runs table."""

from collections.abc import Mapping
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from rft import names
from rft.keys import OBJECT_KIND, QUARANTINE_KIND, SAMPLED, TableIndex, TableKey
from rft.settings import Settings
from stacks.base import RftStack
from stacks.constructs.nag import acknowledge

SAMPLED_DAYS = 7  # what workers drew from logs is read once, by the same run
ABORT_UPLOADS = s3.LifecycleRule(id="abandoned-uploads", abort_incomplete_multipart_upload_after=cdk.Duration.days(7))


class DataStack(RftStack):
    """Everything that holds data: intake, datasets, artefacts, their access logs, and the runs table."""

    def __init__(self, scope: Construct, *, settings: Settings, data_key: kms.IKey) -> None:
        super().__init__(scope, "data", settings=settings, description="buckets and the runs table")
        self._key = data_key
        retention = settings.retention
        self._access_logs = self._access_logs_bucket()
        self.intake = self._bucket("intake", days=retention.intake_days)
        self._events_of(self.intake)
        self.intake.add_lifecycle_rule(
            id="sampled-logs",
            prefix=SAMPLED,
            expiration=cdk.Duration.days(SAMPLED_DAYS),
            noncurrent_version_expiration=cdk.Duration.days(1),
        )
        self.datasets = self._bucket("datasets", days=None, quarantine_days=retention.intake_days)
        self.artefacts = self._bucket("artefacts", days=retention.artefact_days)
        self.table = self._runs_table()

    def _access_logs_bucket(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            bucket_name=self.arns.bucket_name("access-logs"),
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[ABORT_UPLOADS, self._expiry(self.settings.retention.log_days)],
            removal_policy=self.removal_policy,
        )
        acknowledge(bucket, "AwsSolutions-S1", "this bucket holds the access logs; logging it into itself never ends")
        return bucket

    def _bucket(self, role: str, *, days: int | None, quarantine_days: int | None = None) -> s3.Bucket:
        """Make an encrypted bucket; ``days`` is how long objects live, None means for ever."""
        keep_old = self.settings.retention.artefact_days if days is None else days
        rules = [ABORT_UPLOADS, self._expiry(days) if days else self._old_versions(keep_old)]
        if quarantine_days:
            rules.append(self._expiry(quarantine_days, name="quarantine", tags={OBJECT_KIND: QUARANTINE_KIND}))
        return s3.Bucket(
            self,
            role.capitalize(),
            bucket_name=self.arns.bucket_name(role),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self._key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=self._access_logs,
            server_access_logs_prefix=f"{role}/",
            lifecycle_rules=rules,
            removal_policy=self.removal_policy,
        )

    def _expiry(self, days: int, *, name: str = "expiry", tags: Mapping[str, str] | None = None) -> s3.LifecycleRule:
        return s3.LifecycleRule(
            id=name,
            tag_filters=tags,
            expiration=cdk.Duration.days(days),
            noncurrent_version_expiration=cdk.Duration.days(min(days, 30)),
        )

    def _old_versions(self, days: int) -> s3.LifecycleRule:
        return s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=cdk.Duration.days(days))

    def _events_of(self, bucket: s3.Bucket) -> None:
        """Send the bucket's events to EventBridge. The L2 property would bring a custom resource along."""
        resource = cast("s3.CfnBucket", bucket.node.default_child)
        resource.add_property_override(
            "NotificationConfiguration", {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        )

    def _runs_table(self) -> dynamodb.Table:
        text = dynamodb.AttributeType.STRING
        started = dynamodb.Attribute(name=TableKey.STARTED_AT, type=text)
        table = dynamodb.Table(
            self,
            "Runs",
            table_name=names.table_name(self.settings.prefix),
            partition_key=dynamodb.Attribute(name=TableKey.PK, type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self._key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=TableKey.EXPIRES_AT,
            deletion_protection=not self.settings.retention.remove_data_with_stacks,
            removal_policy=self.removal_policy,
        )
        for index, key in ((TableIndex.BY_START, TableKey.KIND), (TableIndex.BY_JOB, TableKey.JOB_ARN)):
            table.add_global_secondary_index(
                index_name=index,
                partition_key=dynamodb.Attribute(name=key, type=text),
                sort_key=started,
                projection_type=dynamodb.ProjectionType.ALL,
            )
        return table
