"""The command `vigil`. Each command is a file; this one joins them and words their failures."""

import sys

import typer

from vigil import __version__
from vigil.cli.alerts import alerts
from vigil.cli.algorithm import algorithm
from vigil.cli.brain import brain
from vigil.cli.data import data
from vigil.cli.demo import demo
from vigil.cli.dismiss import dismiss
from vigil.cli.event import event, review
from vigil.cli.events import events
from vigil.cli.forecast import forecast
from vigil.cli.heatmap import heatmap
from vigil.cli.model import model
from vigil.cli.replay import replay_command
from vigil.cli.run import run
from vigil.cli.sample import sample
from vigil.cli.scene import scene
from vigil.cli.score import score
from vigil.cli.sim import sim
from vigil.cli.stats import stats
from vigil.cli.status import status
from vigil.cli.video import video
from vigil.cli.watch import watch
from vigil.core import VigilError
from vigil.pipeline.logs import log_to_stderr

app = typer.Typer(
    name="vigil",
    help="Small models keep watch over every camera. · 小模型值守每一路摄像机。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(watch)
app.command()(run)
app.command()(events)
app.command()(event)
app.command()(review)
app.command()(dismiss)
app.command()(status)
app.command()(score)
app.command(name="replay")(replay_command)
app.command()(stats)
app.command()(heatmap)
app.command()(forecast)
app.add_typer(model, name="model")
app.add_typer(data, name="data")
app.add_typer(sample, name="sample")
app.add_typer(algorithm, name="algorithm")
app.add_typer(scene, name="scene")
app.add_typer(brain, name="brain")
app.add_typer(alerts, name="alerts")
app.add_typer(video, name="video")
app.command()(sim)
app.command()(demo)


@app.command()
def version() -> None:
    """Print the version. · 显示版本。"""
    typer.echo(__version__)


def main() -> None:
    """Run the command; a user's mistake is told in one line each, without a traceback."""
    log_to_stderr()
    try:
        app()
    except VigilError as error:
        for line in str(error).splitlines() or ["failed"]:
            typer.echo(f"vigil: {line}", err=True)
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output has left, as `head` does; that is no failure.
        sys.stderr.close()
        sys.exit(0)
