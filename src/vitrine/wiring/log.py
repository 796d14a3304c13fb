"""The log of a service, and where its lines go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from vitrine.settings import Settings, SettingsError
from vitrine.telemetry.logs import PLAIN, FileOutput, GoogleCloud, JsonLog, Output
from vitrine.telemetry.logs.files import FILE_NAME, RotatedFile, Rotation
from vitrine.telemetry.logs.shared import SharedStream

AWS_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""What boto3 reads by itself, and no line may show."""


def standard_log(settings: Settings, turn: int | None = None, worker: str = "") -> JsonLog:
    """Return the service's log on standard output, and where the settings want lines besides.

    Several workers write to standard output in turn, and each to a log file of its own.
    Raises `SettingsError` where lines are to be shipped and that can never work. A log file
    that cannot be written is no error: it costs lines, and `log_file_problem` says why.
    """
    google = GoogleCloud(settings.google_cloud_project)
    log = JsonLog(
        sys.stdout.buffer if turn is None else SharedStream(sys.stdout.buffer, turn),
        settings.log_level,
        outputs=[*_log_file(settings, worker), *_cloudwatch(settings)],
        form=google if settings.log_format == "gcp" else PLAIN,
        worker=worker,
    )
    log.hide(*(os.environ[name] for name in AWS_SECRETS if name in os.environ))
    return log


def log_file_problem(settings: Settings) -> str | None:
    """Return, in a line, why the log file cannot be written; nothing where it can."""
    if settings.log_dir is None:
        return None
    file = RotatedFile(settings.log_dir / FILE_NAME)
    try:
        file.open()
    except OSError as problem:
        return (
            f"LOG_DIR: cannot write to {file.path}: {(problem.strerror or str(problem)).lower()};"
            " lines go to standard output alone until it can be"
        )
    finally:
        file.close()
    return None


def _log_file(settings: Settings, worker: str) -> Iterator[Output]:
    if settings.log_dir is not None:
        path = settings.log_dir / FILE_NAME
        if worker:
            path = path.with_stem(f"{path.stem}-{worker}")
        rotation = Rotation(
            settings.log_file_bytes, settings.log_file_hours * 3600, settings.log_files
        )
        yield FileOutput(RotatedFile(path, rotation))


def _cloudwatch(settings: Settings) -> Iterator[Output]:
    group, stream = settings.cloudwatch_log_group, settings.cloudwatch_log_stream
    if group is None:
        return
    try:
        from vitrine.telemetry.logs import cloudwatch
    except ImportError:
        raise SettingsError(
            "CLOUDWATCH_LOG_GROUP: watchtower is missing; pip install 'vitrine[cloudwatch]'"
        ) from None
    try:
        target = cloudwatch.Target(group, stream, settings.cloudwatch_endpoint_url)
        yield cloudwatch.CloudWatchOutput(target)
    except cloudwatch.UnusableTargetError as problem:
        raise SettingsError(str(problem)) from None
