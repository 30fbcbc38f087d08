# What an image is when nobody asks for anything.
{ }
