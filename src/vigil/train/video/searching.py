"""Which settings learn best: some tries by chance, then near those that did well (Optuna's TPE)."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import optuna

from vigil.train.video.clips import VideoClip
from vigil.train.video.learning import Heard, train_video
from vigil.train.video.settings import VideoSettings

RATES = (1e-5, 1e-2)
Told = Callable[[int, float], object]
"""Called with the number of a try and what it reached on `val`."""


def search(
    settings: VideoSettings,
    clips: Sequence[VideoClip],
    folder: Path,
    *,
    tries: int,
    heard: Heard = Heard(),  # noqa: B008  it is frozen
    told: Told = lambda number, value: None,
) -> VideoSettings:
    """The settings of the best try, judged by `val`: rate, decay, dropout and mixup are searched.

    `folder` will be that of the run. Tries are kept in a database beside it, so that a search that
    was cut short goes on. Raises as `train_video`.
    """
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = folder.with_name(f"{folder.name}.search.db")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=settings.name,
        storage=f"sqlite:///{database.absolute()}",
        sampler=optuna.samplers.TPESampler(seed=settings.seed),
        direction="maximize",
        load_if_exists=True,
    )
    done = len(study.get_trials(states=(optuna.trial.TrialState.COMPLETE,)))

    def value_of(trial: optuna.Trial) -> float:
        place = folder.with_name(f"{folder.name}.try-{trial.number}")
        made = train_video(drawn(settings, trial), clips, place, heard=heard)
        shutil.rmtree(place)  # weights of a try are large, and nobody's
        told(trial.number, made.goal)
        return made.goal

    study.optimize(value_of, n_trials=max(0, tries - done))
    return drawn(settings, optuna.trial.FixedTrial(study.best_params))


def drawn(settings: VideoSettings, trial: optuna.trial.BaseTrial) -> VideoSettings:
    """The settings with what a try says."""
    return replace(
        settings,
        rate=trial.suggest_float("rate", *RATES, log=True),
        decay=trial.suggest_float("decay", 1e-3, 0.3, log=True),
        dropout=trial.suggest_float("dropout", 0.0, 0.6),
        mixup=trial.suggest_categorical("mixup", [0.0, 0.2, 0.8]),
    )
