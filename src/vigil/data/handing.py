"""From samples to what a data set takes in."""

from vigil.core import Label, Labelled, Medium, Sample


def labelled_from(sample: Sample, labels: tuple[Label, ...] | None) -> Labelled:
    """A sample as a line of a data set: what people say of it, or else what models proposed.

    `labels`: None while nobody has said anything; empty: nothing is there. Splits never cross its
    camera. The path is that below the folder of samples.
    """
    medium = Medium(
        path=sample.path,
        width=sample.width,
        height=sample.height,
        group=sample.source,
        condition=sample.condition,
    )
    return Labelled(medium=medium, labels=sample.proposals if labels is None else labels)
