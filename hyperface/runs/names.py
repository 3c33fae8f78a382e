"""What a run folder's own files are called. `runs` says what each is for; these are what a verb makes."""

CHECKPOINT = "checkpoint.safetensors"  # the state that a resumed run goes on from
CORRECTION = "correction.json"  # what asking for REQUESTS in place of EMBEDDINGS comes to
DATASET = "dataset"  # a folder of labelled images
EMBEDDINGS = "embeddings.npy"  # float32 (n, d), unit rows: the identities
FRAMES = "frames.bin"  # the picture of a packing
GALLERY = "gallery.safetensors"
MODEL = "recognizer.safetensors"  # what a training leaves
ORIGIN = "start.npy"  # int64 (n,): which gallery faces a packing started at
UMAP = "umap.npy"  # float32 (n, 3), unit rows: where umap-learn shows a packing
PATHS = "paths.bin"  # where everybody was, in all dimensions, at some of a packing's steps
PICTURE = "picture.json"  # how faithful the picture is
REQUESTS = "requests.npy"  # float32 (n, d), unit rows: what the generator is asked for, so that it draws EMBEDDINGS
RECOGNIZER = "recognizer.json"  # the card of the recogniser whose embeddings these are
