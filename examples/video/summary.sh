#!/bin/sh
# A film in a few pictures and half a minute: shots -> embeddings -> k-centre.
#
#   sh examples/video/summary.sh film.mp4 mobilenet-v1-embedding
#
# The second word is a model of the registry (`vigil model add`), or a folder with an encoder.
# Candidates are the middle of each shot, the pictures after a change, and some evenly between;
# the embedder says how different any two are, and k-centre takes those that differ most, so that an
# hour of an empty yard is one picture, and the one lorry in it another.
set -eu
film=$1
embedder=$2
name=$(basename "${film%.*}")

# Without --embedder thumbnails are compared: no model is needed, and a lamp counts as much as a man.
vigil video summary "$film" --embedder "$embedder" --count 9 \
    --out "$name-board.jpg" --clip "$name-short.mp4"
