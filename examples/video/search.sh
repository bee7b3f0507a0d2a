#!/bin/sh
# Search over recordings: by an example, then by words.
#
#   sh examples/video/search.sh ./recordings example.mp4 ./clip-vit-base "a red car at the gate"
#
# ./clip-vit-base: the folder of a pair of encoders, one for pictures and one for texts, as
# `optimum-cli export onnx --model openai/clip-vit-base-patch32 clip-vit-base` writes it.
set -eu
recordings=$1
example=$2
pair=$3
words=$4

# The first search embeds each film once, a picture a second, and keeps the vectors; a film that has
# changed is embedded anew. --every 0.5 finds what is seen for half a second, at twice the price.
vigil video search "$recordings" --like "$example" --embedder "$pair" --out found-like.jpg

# The second one decodes nothing: words are compared with the vectors that are there already.
# Describe what a picture of it would look like ("a man lies on the floor"), not what it means
# ("an accident"): the encoders have read captions.
vigil video search "$recordings" --text "$words" --embedder "$pair" --out found-words.jpg
