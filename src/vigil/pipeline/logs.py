"""Logs: one line each, on standard error, for standard output belongs to answers."""

import logging
import sys

import structlog


def log_to_stderr(*, least: int = logging.INFO) -> None:
    """Set up this process; `least` is the lowest level that is written."""
    is_terminal = sys.stderr.isatty()
    lines: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if is_terminal
        else structlog.processors.LogfmtRenderer(key_order=["time", "level", "event"])
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            *([] if is_terminal else [structlog.processors.format_exc_info]),
            lines,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
