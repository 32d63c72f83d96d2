"""Many documents: a corpus is planned once, summarized shard by shard, and resumed after any end.

inputs.py     which files there are, what is in them, and their hashes
rows.py       rows of JSON Lines, CSV and Parquet
items.py      any range of the corpus, as documents
shards.py     records, and the files that hold them
manifest.py   what was asked, and what is finished
work.py       one shard: read, summarize, write
processes.py  engine: processes of this machine
cluster.py    engine: Ray Data
job.py        the whole run
"""
